"""The pairing against py_ecc's, and its algebra."""

from __future__ import annotations

import random

import numpy as np
from py_ecc import optimized_bn128 as reference
from zkpot.prover.engine.curve import G1_GENERATOR, G2_GENERATOR
from zkpot.prover.engine.field import Q, R, fq_integers
from zkpot.prover.engine.pairing import Z, g1_words, g2_words, pairing, pairing_product

G2 = ((G2_GENERATOR[0], G2_GENERATOR[1]), (G2_GENERATOR[2], G2_GENERATOR[3]))


def one(scalar: int) -> tuple[int, int]:
    x, y = reference.normalize(reference.multiply(reference.G1, scalar % R))
    return int(x), int(y)


def two(scalar: int) -> tuple[tuple[int, int], tuple[int, int]]:
    x, y = reference.normalize(reference.multiply(reference.G2, scalar % R))
    return (int(x.coeffs[0]), int(x.coeffs[1])), (int(y.coeffs[0]), int(y.coeffs[1]))


def _flat(tower: list[int]) -> list[int]:
    """Coefficients of 1, w, …, w^11 with u = w^6 - 9, as py_ecc writes Fq12."""
    flat = [0] * 12
    for place, k in enumerate((0, 2, 4, 1, 3, 5)):
        low, high = tower[2 * place : 2 * place + 2]
        flat[k] = (flat[k] + low - 9 * high) % Q
        flat[k + 6] = (flat[k + 6] + high) % Q
    return flat


def test_equals_py_ecc_up_to_the_documented_exponent() -> None:
    wanted = reference.pairing(reference.G2, reference.G1) ** (2 * Z * (6 * Z * Z + 3 * Z + 1))
    assert _flat(pairing(G1_GENERATOR, G2)) == [int(value) for value in wanted.coeffs]


def test_bilinear_and_not_degenerate() -> None:
    rng = random.Random(3)
    for a, b in ((1, R - 1), (2, 3), (rng.randrange(R), rng.randrange(R))):
        wanted = pairing(one(a * b), G2)
        assert pairing(one(a), two(b)) == wanted
        assert pairing(one(b), two(a)) == wanted
        assert wanted != pairing(one(a * b + 1), G2)


def test_product_of_pairs() -> None:
    value = pairing_product(g1_words([one(6), one(R - 2), one(5)]), g2_words([G2, two(3), G2]))
    assert fq_integers(value) == pairing(one(5), G2)


def test_no_pairs_give_one() -> None:
    value = pairing_product(np.empty((0, 2, 4), np.uint64), np.empty((0, 4, 4), np.uint64))
    assert fq_integers(value) == [1] + [0] * 11
