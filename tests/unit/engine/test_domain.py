"""Lagrange polynomials against their definition."""

from __future__ import annotations

import math

import pytest
from zkpot.prover.engine.domain import lagrange_at, odd_lagrange_at, powers, root_of_unity
from zkpot.prover.engine.field import RADIX, R, Words, from_words

TAU = 0x1234567890ABCDEF1234567890ABCDEF


def _integers(words: Words) -> list[int]:
    inverse = pow(RADIX, -1, R)
    return [value * inverse % R for value in from_words(words)]


def _by_definition(power: int) -> list[int]:
    root = root_of_unity(power)
    nodes = [pow(root, i, R) for i in range(1 << power)]
    values = []
    for i, node in enumerate(nodes):
        others = [other for j, other in enumerate(nodes) if j != i]
        top = math.prod(TAU - other for other in others)
        bottom = math.prod(node - other for other in others)
        values.append(top * pow(bottom, -1, R) % R)
    return values


@pytest.mark.parametrize("power", [0, 1, 3, 5])
def test_lagrange(power: int) -> None:
    assert _integers(lagrange_at(TAU, power, threads=2)) == _by_definition(power)


def test_odd_elements_of_the_double_domain() -> None:
    assert _integers(odd_lagrange_at(TAU, 3, threads=2)) == _by_definition(4)[1::2]


def test_chunks_join(power: int = 15) -> None:
    values = _integers(lagrange_at(TAU, power, threads=2))
    assert sum(values) % R == 1
    nodes = _integers(powers(root_of_unity(power), 1 << power))
    assert sum(v * x for v, x in zip(values, nodes, strict=True)) % R == TAU


def test_roots_are_primitive_and_nested() -> None:
    for power in (1, 2, 28):
        assert pow(root_of_unity(power), 1 << (power - 1), R) == R - 1
        assert pow(root_of_unity(power), 2, R) == root_of_unity(power - 1)
    with pytest.raises(ValueError, match="no primitive root"):
        root_of_unity(29)
