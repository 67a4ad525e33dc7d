"""Groth16 verification in which nothing is taken on trust: key, signals and proof are validated.

e(A, B) = e(alpha, beta)·e(Σ s_i·IC_i, gamma)·e(C, delta), with s_0 = 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from zkpot.compiler.errors import InputError, InvalidProof, ZkpotError
from zkpot.prover.engine.curve import weighted_sum
from zkpot.prover.engine.field import Q, R, Words, address, fq_integers, to_words
from zkpot.prover.engine.membership import G1Point, G2Point, g1_fault, g2_fault
from zkpot.prover.engine.pairing import g1_words, g2_words, pairing, pairing_product

MAX_DIGITS = 78
"""Decimal digits of the largest 256-bit number."""


class VerificationKeyError(InputError):
    """A verification key is malformed, for another system, or insecure."""


class PublicSignalError(InvalidProof):
    """The public signals are not a canonical assignment for the key."""


class ProofPointError(InvalidProof):
    """A proof is malformed, or one of its points is not a finite member of its group."""


@dataclass(frozen=True)
class PreparedKey:
    """A validated key: ``ic`` words [n_public + 1, 2, 4], G2 words [4, 4], e(alpha, beta) [12, 4].

    ``gamma_delta`` holds gamma and delta, [2, 4, 4].
    """

    n_public: int
    ic: Words
    gamma_delta: Words
    alpha_beta: Words


class _Malformed(ValueError):
    """Why a JSON value is no group element."""


def _coordinate(value: object) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise _Malformed("a coordinate is not a decimal string")
    if len(value) > MAX_DIGITS or int(value) >= Q:
        raise _Malformed("a coordinate is not below the base field's order")
    return int(value)


def _items(value: object, count: int) -> Sequence[object]:
    if not isinstance(value, (list, tuple)) or len(value) != count:
        raise _Malformed(f"it is not a list of {count}")
    return value


def _g1(value: object) -> G1Point:
    x, y, z = _items(value, 3)
    point = _coordinate(x), _coordinate(y)
    if _coordinate(z) != 1:
        raise _Malformed("it is the point at infinity or not affine")
    if fault := g1_fault(point):
        raise _Malformed(fault)
    return point


def _g2(value: object) -> G2Point:
    pairs = [_items(pair, 2) for pair in _items(value, 3)]
    x, y, z = ((_coordinate(low), _coordinate(high)) for low, high in pairs)
    if z != (1, 0):
        raise _Malformed("it is the point at infinity or not affine")
    if fault := g2_fault((x, y)):
        raise _Malformed(fault)
    return x, y


def _bad_key(why: str) -> VerificationKeyError:
    return VerificationKeyError(
        "the verification key can't be used",
        why=why,
        remedy="fetch the key again from its publisher, or export it again from the .zkey",
    )


def _field(vk: Mapping[str, object], name: str) -> object:
    if name not in vk:
        raise _bad_key(f"it has no {name}")
    return vk[name]


def prepare_key(vk: Mapping[str, object]) -> PreparedKey:
    """Validate snarkjs's ``verification_key.json`` object once, for many verifications.

    ``VerificationKeyError`` unless it is a Groth16 key over bn128 whose points are finite members
    of their groups with gamma different from delta, no IC point repeated and, where the key
    states e(alpha, beta), the right value.
    """
    for name, wanted in (("protocol", "groth16"), ("curve", "bn128")):
        if _field(vk, name) != wanted:
            raise _bad_key(f"its {name} is {vk[name]!r}, not {wanted!r}")
    count = _field(vk, "nPublic")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise _bad_key("its nPublic is not a count")
    alpha = _key_g1(_field(vk, "vk_alpha_1"), "vk_alpha_1")
    beta, gamma, delta = (
        _key_g2(_field(vk, name), name) for name in ("vk_beta_2", "vk_gamma_2", "vk_delta_2")
    )
    if gamma == delta:
        raise _bad_key("gamma equals delta, so anyone can forge proofs for it")
    _check_target(vk, alpha, beta)
    return PreparedKey(
        n_public=count,
        ic=g1_words(_input_points(vk, count)),
        gamma_delta=g2_words([gamma, delta]),
        alpha_beta=pairing_product(g1_words([alpha]), g2_words([beta])),
    )


def _key_g1(value: object, name: str) -> G1Point:
    try:
        return _g1(value)
    except _Malformed as fault:
        raise _bad_key(f"{name} is no element of G1: {fault}") from fault


def _key_g2(value: object, name: str) -> G2Point:
    try:
        return _g2(value)
    except _Malformed as fault:
        raise _bad_key(f"{name} is no element of G2: {fault}") from fault


def _input_points(vk: Mapping[str, object], count: int) -> list[G1Point]:
    values = _field(vk, "IC")
    if not isinstance(values, list) or len(values) != count + 1:
        raise _bad_key(f"IC is not a list of {count + 1} points")
    points = [_key_g1(value, f"IC[{i}]") for i, value in enumerate(values)]
    if len(set(points)) != len(points):
        raise _bad_key("an IC point occurs twice, so two public signals are interchangeable")
    return points


def _check_target(vk: Mapping[str, object], alpha: G1Point, beta: G2Point) -> None:
    if "vk_alphabeta_12" not in vk:
        return
    target = [str(value) for value in pairing(alpha, beta)]
    pairs = [target[i : i + 2] for i in range(0, 12, 2)]
    if vk["vk_alphabeta_12"] != [pairs[:3], pairs[3:]]:
        raise _bad_key("vk_alphabeta_12 is not the pairing of vk_alpha_1 and vk_beta_2")


def _check_signals(key: PreparedKey, public: Sequence[int]) -> None:
    if len(public) != key.n_public:
        raise PublicSignalError(
            "the public signals don't fit the key",
            why=f"there are {len(public)}, the key takes {key.n_public}",
            remedy="use the key of the circuit that the proof was made for",
        )
    for index, value in enumerate(public):
        if not 0 <= value < R:
            raise PublicSignalError(
                f"public signal {index} is not canonical",
                why="it is not in [0, r), so another number stands for the same field element",
                remedy="reject the proof",
            )


def _proof_points(proof: Mapping[str, object]) -> tuple[G1Point, G2Point, G1Point]:
    name = "protocol"
    try:
        for name, wanted in (("protocol", "groth16"), ("curve", "bn128")):
            if proof.get(name, wanted) != wanted:
                raise _Malformed(f"it is not {wanted!r}")
        name = "pi_a"
        a = _g1(proof.get(name))
        name = "pi_b"
        b = _g2(proof.get(name))
        name = "pi_c"
        return a, b, _g1(proof.get(name))
    except _Malformed as fault:
        raise _bad_proof(name, str(fault)) from fault


def _bad_proof(name: str, why: str) -> ZkpotError:
    return ProofPointError(
        f"{name} of the proof is unacceptable", why=why, remedy="reject the proof"
    )


def _input_sum(key: PreparedKey, public: Sequence[int]) -> Words:
    """Σ s_i·IC_i as affine words [2, 4]."""
    scalars, total = to_words([1, *public]), np.empty((2, 4), np.uint64)
    weighted_sum(address(total), address(key.ic), address(scalars), len(scalars))
    return total


def verify_groth16(key: PreparedKey, public: Sequence[int], proof: Mapping[str, object]) -> bool:
    """Whether ``proof`` (snarkjs's ``proof.json`` object) proves the signals ``public``.

    ``PublicSignalError`` for a wrong number of signals or one outside [0, r);
    ``ProofPointError`` for a proof whose points are not canonical, finite members of their groups.
    True says nothing about what the signals *mean*: see the callers that recompute them.
    """
    _check_signals(key, public)
    a, b, c = _proof_points(proof)
    x, y = fq_integers(_input_sum(key, public))
    # -(0, 0) is (0, 0) here, which the next lines leave out: infinity pairs to 1.
    g1 = g1_words([a, (x, -y % Q), (c[0], -c[1] % Q)])
    g2 = np.concatenate([g2_words([b]), key.gamma_delta])
    finite = g1.any(axis=(1, 2))
    value = pairing_product(np.ascontiguousarray(g1[finite]), np.ascontiguousarray(g2[finite]))
    return bool(np.array_equal(value, key.alpha_beta))
