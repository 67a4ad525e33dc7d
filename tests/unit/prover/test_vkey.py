"""Verification keys made with py_ecc: honest ones pass, each degenerate one is refused."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from py_ecc import bn128
from zkpot.prover.errors import KeyRefused
from zkpot.prover.vkey import check_key

Q = bn128.field_modulus
RANDOM = random.Random(20)


def g1(scalar: int) -> list[str]:
    x, y = bn128.multiply(bn128.G1, scalar)
    return [str(x), str(y), "1"]


def g2_json(point: Any) -> list[list[str]]:
    return [[str(c) for c in point[0].coeffs], [str(c) for c in point[1].coeffs], ["1", "0"]]


def g2(scalar: int) -> list[list[str]]:
    return g2_json(bn128.multiply(bn128.G2, scalar))


def scalar() -> int:
    return RANDOM.randrange(1, bn128.curve_order)


@pytest.fixture(scope="module")
def honest() -> dict[str, Any]:
    return {
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": 3,
        "vk_alpha_1": g1(scalar()),
        "vk_beta_2": g2(scalar()),
        "vk_gamma_2": g2(1),
        "vk_delta_2": g2(scalar()),
        "IC": [g1(scalar()) for _ in range(4)],
    }


def outside_the_group() -> Any:
    """A random point of the twist: its order is almost surely not the group's."""
    while True:
        x = bn128.FQ2([RANDOM.randrange(Q), RANDOM.randrange(Q)])
        y = square_root(x * x * x + bn128.b2)
        if y is not None:
            return x, y


def square_root(a: Any) -> Any:
    """Adj and Rodríguez-Henríquez, algorithm 9: square roots in Fq2 for q = 3 modulo 4."""
    root = a ** ((Q - 3) // 4)
    candidate = root * a
    alpha = root * candidate
    if alpha == bn128.FQ2([Q - 1, 0]):
        candidate = bn128.FQ2([0, 1]) * candidate
    else:
        candidate = (bn128.FQ2.one() + alpha) ** ((Q - 1) // 2) * candidate
    return candidate if candidate * candidate == a else None


def test_honest_keys_pass(honest: dict[str, Any]) -> None:
    check_key(honest)


INFINITY_2 = [["0", "0"], ["1", "0"], ["0", "0"]]

MUTANTS: dict[str, tuple[str, Any, str]] = {
    "other protocol": ("protocol", "plonk", "plonk"),
    "other curve": ("curve", "bls12381", "bls12381"),
    "delta is gamma": ("vk_delta_2", g2(1), "forgeable"),
    "delta is minus gamma": ("vk_delta_2", g2(bn128.curve_order - 1), "forgeable"),
    "infinite delta": ("vk_delta_2", INFINITY_2, "infinity"),
    "infinite gamma": ("vk_gamma_2", INFINITY_2, "infinity"),
    "infinite beta": ("vk_beta_2", INFINITY_2, "infinity"),
    "infinite alpha": ("vk_alpha_1", ["0", "1", "0"], "infinity"),
    "alpha off the curve": ("vk_alpha_1", ["1", "3", "1"], "not on the curve"),
    "alpha not canonical": ("vk_alpha_1", [str(1 + Q), "2", "1"], "order"),
    "alpha not a number": ("vk_alpha_1", ["0x1", "2", "1"], "malformed"),
    "alpha too short": ("vk_alpha_1", ["1", "2"], "malformed"),
    "delta off the twist": ("vk_delta_2", [["1", "0"], ["2", "0"], ["1", "0"]], "twisted"),
    "delta of another order": ("vk_delta_2", g2_json(outside_the_group()), "group's order"),
    "an IC point too few": ("IC", [g1(5), g1(6), g1(7)], "3 IC points for 3"),
    "equal IC points": ("IC", [g1(5), g1(6), g1(5), g1(8)], "equal"),
    "an infinite IC point": ("IC", [g1(5), g1(6), g1(7), ["0", "1", "0"]], "infinity"),
    "IC is no list": ("IC", 4, "malformed"),
    "an IC point as a text": ("IC", [g1(5), g1(6), g1(7), "121"], "list of 3"),
    "opposite IC points": ("IC", [g1(5), g1(6), g1(-5 % bn128.curve_order), g1(8)], "up to sign"),
    "fewer signals than none": ("nPublic", -1, "not a count"),
    "a truth for a number": ("nPublic", True, "not a count"),
    "alpha too long": ("vk_alpha_1", ["1" * 5000, "2", "1"], "order"),
    "alpha in other digits": ("vk_alpha_1", ["\N{ARABIC-INDIC DIGIT ONE}", "2", "1"], "decimal"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_degenerate_keys_are_refused(honest: dict[str, Any], name: str) -> None:
    field, value, reason = MUTANTS[name]
    mutant = copy.deepcopy(honest) | {field: value}
    with pytest.raises(KeyRefused, match=reason):
        check_key(mutant)


@pytest.mark.parametrize("field", ["IC", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_delta_2"])
def test_missing_fields_are_refused(honest: dict[str, Any], field: str) -> None:
    with pytest.raises(KeyRefused):
        check_key({key: value for key, value in honest.items() if key != field})
