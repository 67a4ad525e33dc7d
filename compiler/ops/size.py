"""Wires and non-zeros that a gadget adds, known before anything is compiled.

The formulas were read off the templates in circuits/ and held against circom2 0.2.23 under --O1:
a constraint b·(b - 1) = 0 has one non-zero in A, two in B; a linear one has all of its in C. They
are exact but for a constant that cancels here and there (less than 1% of the whole), and decide
nothing but an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True)
class Size:
    """What a part adds: wires, non-zeros of A and B together, and non-zeros of C."""

    wires: int
    factors: int
    products: int

    def __add__(self, other: Size) -> Size:
        wires, factors = self.wires + other.wires, self.factors + other.factors
        return Size(wires, factors, self.products + other.products)

    def times(self, count: int) -> Size:
        """``count`` copies."""
        return Size(self.wires * count, self.factors * count, self.products * count)

    @property
    def nonzeros(self) -> int:
        """Of all three matrices."""
        return self.factors + self.products


NOTHING = Size(0, 0, 0)


def total(sizes: Iterable[Size]) -> Size:
    """All of them together."""
    return reduce(Size.__add__, sizes, NOTHING)


def bits_size(width: int) -> Size:
    """lib/bits.circom: the last constraint's two factors hold every other bit, ``in`` and 1."""
    return Size(width - 1, 5 * width - 2, 0)
