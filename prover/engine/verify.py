"""Groth16 verification in which nothing is taken on trust: key, signals and proof are validated.

e(A, B) = e(alpha, beta)·e(Σ s_i·IC_i, gamma)·e(C, delta), with s_0 = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from zkpot.compiler.errors import InvalidProof, ZkpotError
from zkpot.prover.engine.curve import weighted_sum
from zkpot.prover.engine.field import Q, R, Words, address, fq_integers, to_words
from zkpot.prover.engine.membership import g1_fault, g2_fault
from zkpot.prover.engine.pairing import g1_words, g2_words, pairing, pairing_product
from zkpot.prover.errors import KeyRefused
from zkpot.prover.points import G1Point, G2Point, MalformedPoint, g1_point, g2_point
from zkpot.prover.vkey import KeyPoints, check_key

_Point = TypeVar("_Point", G1Point, G2Point)


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


def prepare_key(vk: Mapping[str, object]) -> PreparedKey:
    """Validate snarkjs's ``verification_key.json`` object once, for many verifications.

    Raises KeyRefused for what `check_key` refuses, or where the key states another e(alpha, beta)
    than its own.
    """
    points = check_key(vk)
    _check_target(vk, points)
    return PreparedKey(
        n_public=len(points.ic) - 1,
        ic=g1_words(points.ic),
        gamma_delta=g2_words([points.gamma, points.delta]),
        alpha_beta=pairing_product(g1_words([points.alpha]), g2_words([points.beta])),
    )


def _check_target(vk: Mapping[str, object], points: KeyPoints) -> None:
    if "vk_alphabeta_12" not in vk:
        return
    target = [str(value) for value in pairing(points.alpha, points.beta)]
    pairs = [target[i : i + 2] for i in range(0, 12, 2)]
    if vk["vk_alphabeta_12"] != [pairs[:3], pairs[3:]]:
        raise KeyRefused(
            "the verification key is refused",
            why="vk_alphabeta_12 is not the pairing of vk_alpha_1 and vk_beta_2",
            remedy="get the key again from its publisher",
        )


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
    for name, wanted in (("protocol", "groth16"), ("curve", "bn128")):
        if proof.get(name, wanted) != wanted:
            raise _bad_proof(name, f"it is not {wanted!r}")
    return (
        _point(proof, "pi_a", g1_point, g1_fault),
        _point(proof, "pi_b", g2_point, g2_fault),
        _point(proof, "pi_c", g1_point, g1_fault),
    )


def _point(
    proof: Mapping[str, object],
    name: str,
    read: Callable[[object], _Point],
    fault: Callable[[_Point], str | None],
) -> _Point:
    try:
        point = read(proof.get(name))
    except MalformedPoint as malformed:
        raise _bad_proof(name, str(malformed)) from malformed
    if reason := fault(point):
        raise _bad_proof(name, reason)
    return point


def _bad_proof(name: str, why: str) -> ZkpotError:
    return ProofPointError(
        f"{name} of the proof is unacceptable", why=why, remedy="reject the proof"
    )


def _input_sum(key: PreparedKey, public: Sequence[int]) -> Words:
    """Σ s_i·IC_i as affine words [2, 4]."""
    scalars, total = to_words([1, *public]), np.empty((2, 4), np.uint64)
    weighted_sum(address(total), address(key.ic), address(scalars), len(scalars))
    return total


def groth16_pairing_only(
    key: PreparedKey, public: Sequence[int], proof: Mapping[str, object]
) -> bool:
    """Whether ``proof`` (snarkjs's ``proof.json`` object) proves the signals ``public``.

    ``PublicSignalError`` for a wrong number of signals or one outside [0, r);
    ``ProofPointError`` for a proof whose points are not canonical, finite members of their groups.
    True says nothing about what the signals *mean*: `prover.verify.Verifier` recomputes them.
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
