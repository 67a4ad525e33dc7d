"""What circuits/lib/lookup.circom costs: tables as multilinear polynomials in an index's bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..field import FIELD
from .size import NOTHING, Size, bits_size, total

Combination = Counter[str]
"""Coefficients modulo the field's order, by wire; the constant 1 is the wire "1"."""


def multilinear(table: Sequence[int]) -> NDArray[np.object_]:
    """The coefficient of each monomial; monomial i is the product of the bits set in i.

    Source: Möbius inversion over subsets, Σ_{T subset of S} (-1)^|S\\T| table[T].
    """
    found = np.array(table, object)
    step = 1
    while step < len(found):
        pairs = found.reshape(-1, 2, step)
        pairs[:, 1] -= pairs[:, 0]
        step *= 2
    return found


def _closed(read: Iterable[int]) -> set[int]:
    """The monomials of two bits or more that these are made of: each drops its highest bit."""
    found: set[int] = set()
    for monomial in read:
        while monomial & (monomial - 1):
            found.add(monomial)
            monomial -= 1 << (monomial.bit_length() - 1)
    return found


def _nonzeros(combination: Combination) -> int:
    return sum(1 for coefficient in combination.values() if coefficient % FIELD)


@dataclass(frozen=True)
class Lookup:
    """``tables`` of 2^bits entries, all read at in + offset."""

    bits: int
    offset: int
    tables: tuple[tuple[int, ...], ...]

    @cached_property
    def _coefficients(self) -> list[NDArray[np.object_]]:
        """(upper monomials, lower monomials) each."""
        lower = 1 << ((self.bits + 1) // 2)
        return [multilinear(table).reshape(-1, lower) for table in self.tables]

    @cached_property
    def _monomials(self) -> tuple[set[int], set[int]]:
        """Those of two bits or more, of the upper and of the lower half."""
        read = np.any([c != 0 for c in self._coefficients], axis=0)
        upper, lower = (np.flatnonzero(read.any(axis=axis)).tolist() for axis in (1, 0))
        return _closed(upper), _closed(lower)

    @cached_property
    def _top(self) -> Combination:
        """The top bit, which is no wire of its own."""
        unit = pow(1 << (self.bits - 1), -1, FIELD)
        weights = {f"bit{i}": -(1 << i) for i in range(self.bits - 1)}
        whole = {"in": 1, "1": self.offset, **weights}
        return Counter({wire: weight * unit % FIELD for wire, weight in whole.items()})

    def _upper(self, h: int) -> Combination:
        highs = self.bits // 2
        if h == 1 << (highs - 1):
            return self._top
        single = h & (h - 1) == 0
        return Counter(
            {f"bit{self.bits - highs + h.bit_length() - 1}" if single else f"high{h}": 1}
        )

    def _row(self, coefficients: NDArray[np.object_]) -> Combination:
        def wire(monomial: int) -> str:
            if monomial & (monomial - 1):
                return f"low{monomial}"
            return f"bit{monomial.bit_length() - 1}" if monomial else "1"

        return Counter({wire(i): int(c) for i, c in enumerate(coefficients)})

    def _output(self, coefficients: NDArray[np.object_]) -> tuple[int, Size]:
        """Constraints of one table's rows, and what they add."""
        products = [h for h in range(1, len(coefficients)) if coefficients[h][1:].any()]
        rest = self._row(coefficients[0])
        for h in set(range(1, len(coefficients))) - set(products):
            for wire, weight in self._upper(h).items():
                rest[wire] += int(coefficients[h][0]) * weight
        if not products:
            terms = {wire: c % FIELD for wire, c in rest.items() if c % FIELD}
            renamed = not set(terms) - {"1"} or ("1" not in terms and list(terms.values()) == [1])
            return (0, NOTHING) if renamed else (1, Size(1, 0, 1 + len(terms)))
        rest.update({f"part{h}": 1 for h in products[:-1]})
        factors = sum(
            _nonzeros(self._upper(h)) + _nonzeros(self._row(coefficients[h])) for h in products
        )
        return len(products), Size(len(products), factors, len(products) + _nonzeros(rest))

    @property
    def constraints(self) -> int:
        """Of one lookup in all the tables."""
        monomials = sum(map(len, self._monomials))
        return self.bits + monomials + sum(self._output(c)[0] for c in self._coefficients)

    @property
    def size(self) -> Size:
        """Wires and non-zeros of one lookup in all the tables."""
        upper, lower = self._monomials
        with_top = sum(h >> (self.bits // 2 - 1) for h in upper)
        plain = len(lower) + len(upper) - with_top
        monomials = Size(1, 2, 1).times(plain), Size(1, 1 + _nonzeros(self._top), 1).times(with_top)
        outputs = [self._output(c)[1] for c in self._coefficients]
        shifted = Size(0, int(self.offset != 0), 0)
        return total([bits_size(self.bits), shifted, *monomials, *outputs])
