"""Both groups against py_ecc, special cases of the addition law included."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from py_ecc import optimized_bn128 as reference
from zkpot.prover.engine.curve import (
    G1_GENERATOR,
    G2_GENERATOR,
    first_foreign,
    multiply,
    weighted_sum,
)
from zkpot.prover.engine.field import Q, R, Words, address, fq_integers, fq_montgomery, to_words
from zkpot.prover.engine.fixed_base import FixedBase, add_pairs
from zkpot.prover.engine.membership import g1_fault, g2_fault

EDGES = [
    0,
    1,
    2,
    3,
    R - 1,
    R - 2,
    R // 2,
    (1 << 253) - 1,
    1 << 253,
    0x8000800080008000,
    (1 << 127) - 1,
]


def expected(degree: int, scalar: int) -> list[int]:
    """Affine coordinates of scalar·G, zeros for infinity."""
    generator: Any = reference.G1 if degree == 1 else reference.G2
    if scalar % R == 0:
        return [0] * (2 * degree)
    x, y = reference.normalize(reference.multiply(generator, scalar % R))
    return [int(x), int(y)] if degree == 1 else [int(v) for c in (x, y) for v in c.coeffs]


def points(degree: int, scalars: list[int]) -> Words:
    flat = (value for scalar in scalars for value in expected(degree, scalar))
    return fq_montgomery(flat).reshape(len(scalars), 2 * degree, 4)


@pytest.mark.parametrize("degree", [1, 2])
def test_generator_and_double_and_add(degree: int) -> None:
    generator = fq_montgomery(G1_GENERATOR if degree == 1 else G2_GENERATOR)
    out = np.empty((2 * degree, 4), np.uint64)
    for scalar in [0, 1, 2, 5, R - 1, R, R + 1, random.Random(1).randrange(R)]:
        words = to_words([scalar])
        multiply(degree, address(out), address(generator), address(words))
        assert fq_integers(out) == expected(degree, scalar)


@pytest.mark.parametrize("degree", [1, 2])
def test_batched_sums_cover_every_case(degree: int) -> None:
    pairs = [(3, 4), (5, 5), (6, R - 6), (0, 7), (8, 0), (0, 0), (9, 1), (3, 4)]
    left, right = (points(degree, [pair[side] for pair in pairs]) for side in (0, 1))
    scratch = np.empty((3 * len(pairs), degree, 4), np.uint64)
    add_pairs(degree, address(left), address(right), len(pairs), address(scratch))
    assert fq_integers(left) == [v for a, b in pairs for v in expected(degree, a + b)]


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("table_for", [1, 5000])
def test_fixed_base(degree: int, table_for: int) -> None:
    rng = random.Random(degree)
    scalars = EDGES + [rng.randrange(R) for _ in range(9)]
    got = FixedBase(degree, table_for, threads=2).multiply(to_words(scalars))
    assert fq_integers(got) == [v for scalar in scalars for v in expected(degree, scalar)]


def test_fixed_base_over_several_batches_and_threads() -> None:
    base, rng = FixedBase(1, 1 << 14, threads=2), random.Random(7)
    scalars = [rng.randrange(R) for _ in range(9000)]
    got = base.multiply(to_words(scalars))
    for index in (0, 255, 256, 8191, 8192, 8999):
        assert fq_integers(got[index]) == expected(1, scalars[index])
    total, weights = np.empty((2, 4), np.uint64), to_words([1] * 600)
    weighted_sum(address(total), address(got), address(weights), 600)
    assert fq_integers(total) == expected(1, sum(scalars[:600]))


def test_weighted_sum_with_duplicates_and_opposites() -> None:
    terms = [(5, 3), (5, 3), (R - 5, 6), (7, 0), (1, R - 1), (0, 9), (2, 1)]
    bases, weights = points(1, [b for b, _ in terms]), to_words([w for _, w in terms])
    out = np.empty((2, 4), np.uint64)
    weighted_sum(address(out), address(bases), address(weights), len(terms))
    assert fq_integers(out) == expected(1, sum(b * w for b, w in terms))
    weighted_sum(address(out), address(bases), address(weights), 3)
    assert fq_integers(out) == [0, 0]


def test_membership() -> None:
    assert g1_fault(G1_GENERATOR) is None
    assert "infinity" in str(g1_fault((0, 0)))
    assert "curve" in str(g1_fault((1, 3)))
    x0, x1, y0, y1 = G2_GENERATOR
    assert g2_fault(((x0, x1), (y0, y1))) is None
    assert "infinity" in str(g2_fault(((0, 0), (0, 0))))
    assert "twist" in str(g2_fault(((x0, x1), (y0, y1 + 1))))


def _square_root(a: Any) -> Any:
    """A root of a square in Fq2, q = 3 mod 4 (Adj, Rodríguez-Henríquez 2012)."""
    one, minus_one = reference.FQ2.one(), -reference.FQ2.one()
    half = a ** ((Q - 3) // 4)
    alpha, x = half * half * a, half * a
    if alpha == minus_one:
        return reference.FQ2((0, 1)) * x
    return (one + alpha) ** ((Q - 1) // 2) * x


def test_twist_point_outside_the_subgroup() -> None:
    for x in range(1, 50):
        abscissa = reference.FQ2((x, 0))
        square = abscissa**3 + reference.b2
        y = _square_root(square)
        if y * y == square:
            break
    point = (x, 0), (int(y.coeffs[0]), int(y.coeffs[1]))
    assert "subgroup" in str(g2_fault(point))


def test_first_foreign_point() -> None:
    good = points(1, [1, 0, 2, 3])
    assert first_foreign(1, address(good), 4) == 4
    off = good.copy()
    off[2, 1, 0] ^= np.uint64(1)
    assert first_foreign(1, address(off), 4) == 2
    uncanonical = good.copy()
    uncanonical[3, 0] = to_words([Q])[0]
    assert first_foreign(1, address(uncanonical), 4) == 3
    twisted = points(2, [5, 0])
    assert first_foreign(2, address(twisted), 2) == 2
