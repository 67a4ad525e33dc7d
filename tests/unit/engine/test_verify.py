"""Verification with a key whose trapdoors the test knows: true, false and malformed statements."""

from __future__ import annotations

import random
from typing import Any

import pytest
from py_ecc import optimized_bn128 as reference
from zkpot.compiler.errors import InvalidProof
from zkpot.prover.engine.field import Q, R
from zkpot.prover.engine.pairing import pairing
from zkpot.prover.engine.verify import (
    PreparedKey,
    ProofPointError,
    PublicSignalError,
    groth16_pairing_only,
    prepare_key,
)
from zkpot.prover.errors import KeyRefused

ALPHA, BETA, GAMMA, DELTA = 1111, 2222, 3, 4444
IC = [5, 77, R - 9, 123456789]


def one(scalar: int) -> list[str]:
    x, y = reference.normalize(reference.multiply(reference.G1, scalar % R))
    return [str(x), str(y), "1"]


def two(scalar: int) -> list[list[str]]:
    x, y = reference.normalize(reference.multiply(reference.G2, scalar % R))
    return [[str(v) for v in x.coeffs], [str(v) for v in y.coeffs], ["1", "0"]]


@pytest.fixture(scope="module")
def vk() -> dict[str, Any]:
    return {
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": len(IC) - 1,
        "vk_alpha_1": one(ALPHA),
        "vk_beta_2": two(BETA),
        "vk_gamma_2": two(GAMMA),
        "vk_delta_2": two(DELTA),
        "IC": [one(scalar) for scalar in IC],
    }


@pytest.fixture(scope="module")
def key(vk: dict[str, Any]) -> PreparedKey:
    return prepare_key(vk)


def forge(public: list[int], a: int = 17, b: int = 29) -> dict[str, Any]:
    """What whoever knows the trapdoors can do for any signals."""
    inputs = IC[0] + sum(s * point for s, point in zip(public, IC[1:], strict=True))
    c = (a * b - ALPHA * BETA - GAMMA * inputs) * pow(DELTA, -1, R)
    return {"pi_a": one(a), "pi_b": two(b), "pi_c": one(c), "protocol": "groth16", "curve": "bn128"}


PUBLIC = [3, R - 1, 10**70]


def test_true_statements(key: PreparedKey) -> None:
    rng = random.Random(11)
    for public in (PUBLIC, [0, 0, 0], [R - 1] * 3, [rng.randrange(R) for _ in range(3)]):
        assert groth16_pairing_only(key, public, forge(public)) is True


def test_false_statements(key: PreparedKey) -> None:
    proof = forge(PUBLIC)
    for index in range(3):
        for step in (1, R - 1):
            wrong = list(PUBLIC)
            wrong[index] = (wrong[index] + step) % R
            assert groth16_pairing_only(key, wrong, proof) is False
    assert groth16_pairing_only(key, PUBLIC, {**proof, "pi_a": one(18)}) is False
    assert groth16_pairing_only(key, PUBLIC, {**proof, "pi_b": two(30)}) is False
    assert groth16_pairing_only(key, PUBLIC, {**proof, "pi_c": one(1)}) is False


def test_inputs_that_sum_to_infinity(key: PreparedKey) -> None:
    public = [0, 0, -IC[0] * pow(IC[3], -1, R) % R]
    assert groth16_pairing_only(key, public, forge(public)) is True
    assert groth16_pairing_only(key, public, forge(PUBLIC)) is False


def test_rerandomised_proof_still_proves(key: PreparedKey) -> None:
    assert (
        groth16_pairing_only(key, PUBLIC, forge(PUBLIC, a=17 * 5, b=29 * pow(5, -1, R) % R)) is True
    )


@pytest.mark.parametrize(
    ("public", "reason"),
    [
        ([3, R - 1], "there are 2, the key takes 3"),
        ([*PUBLIC, 0], "there are 4"),
        ([3 + R, R - 1, 10**70], "public signal 0 is not canonical"),
        ([3, -1, 10**70], "public signal 1"),
        ([3, R - 1, 1 << 256], "public signal 2"),
        ([3, R, 5], "public signal 1"),
    ],
)
def test_signals_must_be_canonical(key: PreparedKey, public: list[int], reason: str) -> None:
    with pytest.raises(PublicSignalError, match=reason):
        groth16_pairing_only(key, public, forge(PUBLIC))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("pi_a", ["0", "1", "0"], "infinity"),
        ("pi_a", ["0", "0", "1"], "infinity"),
        ("pi_a", ["1", "3", "1"], "not on the curve"),
        ("pi_a", [str(Q + 1), "2", "1"], "not below"),
        ("pi_a", ["-1", "2", "1"], "decimal"),
        ("pi_a", [1, 2, 1], "decimal"),
        ("pi_a", ["1" * 5000, "2", "1"], "not below"),
        ("pi_a", ["1", "2"], "list of 3"),
        ("pi_a", None, "list of 3"),
        ("pi_c", ["0", "1", "0"], "infinity"),
        ("pi_c", ["٣", "2", "1"], "decimal"),
        ("pi_b", [["0", "0"], ["1", "0"], ["0", "0"]], "infinity"),
        ("pi_b", [["1", "0"], ["2", "0"], ["1", "0"]], "not on the twist"),
        ("pi_b", [["1"], ["2"], ["1"]], "list of 2"),
        ("protocol", "plonk", "groth16"),
        ("curve", "bls12381", "bn128"),
    ],
)
def test_unacceptable_points(key: PreparedKey, name: str, value: object, reason: str) -> None:
    with pytest.raises(ProofPointError, match=reason) as caught:
        groth16_pairing_only(key, PUBLIC, {**forge(PUBLIC), name: value})
    assert name in str(caught.value)


def test_twist_point_outside_the_subgroup(key: PreparedKey) -> None:
    outside = _point_of_the_twist()
    with pytest.raises(ProofPointError, match="subgroup"):
        groth16_pairing_only(key, PUBLIC, {**forge(PUBLIC), "pi_b": outside})


def _point_of_the_twist() -> list[list[str]]:
    for x in range(1, 100):
        square = reference.FQ2((x, 0)) ** 3 + reference.b2
        half = square ** ((Q - 3) // 4)
        y = (reference.FQ2.one() + half * half * square) ** ((Q - 1) // 2) * half * square
        if y * y == square:
            return [[str(x), "0"], [str(v) for v in y.coeffs], ["1", "0"]]
    raise AssertionError("half of all x are abscissas")


@pytest.mark.parametrize("sign", [1, -1], ids=["equal", "opposite"])
@pytest.mark.parametrize("pair", [("delta", "gamma"), ("beta", "gamma"), ("beta", "delta")])
def test_keys_with_two_points_equal_up_to_sign(
    vk: dict[str, Any], pair: tuple[str, str], sign: int
) -> None:
    """Forgeable by whoever has the key: see tests/soundness/attacks/test_keys.py."""
    one_scalar = {"delta": DELTA, "gamma": GAMMA}[pair[1]]
    with pytest.raises(KeyRefused, match=f"its {pair[0]} equals its {pair[1]} up to sign"):
        prepare_key({**vk, f"vk_{pair[0]}_2": two(sign * one_scalar)})


@pytest.mark.parametrize("sign", [1, -1], ids=["equal", "opposite"])
def test_keys_with_two_inputs_equal_up_to_sign(vk: dict[str, Any], sign: int) -> None:
    ic = [*vk["IC"][:2], one(sign * IC[1]), vk["IC"][3]]
    with pytest.raises(KeyRefused, match="two of its IC points are equal up to sign"):
        prepare_key({**vk, "IC": ic})


def test_a_wrong_target_is_refused(vk: dict[str, Any]) -> None:
    """All else that makes a key unfit is `check_key`'s: see tests/unit/prover/test_vkey.py."""
    with pytest.raises(KeyRefused, match="vk_alphabeta_12"):
        prepare_key({**vk, "vk_alphabeta_12": [[["1", "0"]] * 3] * 2})


def test_stated_target_is_accepted_if_right(vk: dict[str, Any]) -> None:
    x, y, _ = (int(value) for value in vk["vk_alpha_1"])
    b = [tuple(int(v) for v in pair) for pair in vk["vk_beta_2"]]
    flat = [str(v) for v in pairing((x, y), (b[0], b[1]))]  # type: ignore[arg-type]
    pairs = [flat[i : i + 2] for i in range(0, 12, 2)]
    assert prepare_key({**vk, "vk_alphabeta_12": [pairs[:3], pairs[3:]]}).n_public == 3


def test_error_classes() -> None:
    assert issubclass(PublicSignalError, InvalidProof)
    assert issubclass(ProofPointError, InvalidProof)
