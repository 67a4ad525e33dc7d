"""When one linear equation determines several unknowns: mixed-radix digits.

Two solutions differ by d_i in unknown i, an integer with |d_i| <= spread_i, and Σ c_i·d_i = 0
mod p. Times a constant that makes Σ |c_i|·spread_i < p, this holds over the integers. Then d_i = 0
where

- c_i alone has the lowest power of two among its divisors, and spread_i is below what 2 must
  divide d_i by for the others' sake; or
- |c_i| exceeds all that the others can add up to.

What is found to be 0 leaves the equation, and the next unknown is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .system import signed


@lru_cache(maxsize=50_000)
def determined(coefficients: Sequence[int], spreads: Sequence[int], prime: int) -> tuple[int, ...]:
    """Positions of the unknowns that the equation determines, given how far each may spread."""
    integers = _integers(coefficients, spreads, prime)
    if integers is None:
        return ()
    rest = dict(enumerate(integers))
    found: list[int] = []
    while rest:
        position = _lowest(rest, spreads)
        if position is None:
            position = _largest(rest, spreads)
        if position is None:
            break
        found.append(position)
        del rest[position]
    return tuple(found)


@lru_cache(maxsize=50_000)
def scale(
    coefficients: Sequence[int], spreads: Sequence[int], prime: int, limit: int
) -> int | None:
    """The factor that makes Σ |factor·c_i|·spread_i least, among the usual ones; below limit.

    The least: a sum may be below the limit by chance, with coefficients that say nothing.
    """
    inverses = [pow(c, -1, prime) for c in dict.fromkeys(coefficients)]
    totals = (
        (
            sum(
                abs(signed(c * factor, prime)) * s
                for c, s in zip(coefficients, spreads, strict=True)
            ),
            factor,
        )
        for factor in (1, *inverses)
    )
    total, factor = min(totals)
    return factor if total < limit else None


def reach(coefficients: Sequence[int], prime: int) -> tuple[int, int, int] | None:
    """A factor, and the least and greatest Σ factor·c_i·bit_i, both within p/2, for any bits."""
    factor = scale(tuple(coefficients), (1,) * len(coefficients), prime, prime // 2)
    if factor is None:
        return None
    found = [signed(c * factor, prime) for c in coefficients]
    return factor, sum(c for c in found if c < 0), sum(c for c in found if c > 0)


@lru_cache(maxsize=50_000)
def spread(coefficients: Sequence[int], spreads: Sequence[int], of: int, prime: int) -> int | None:
    """How far an unknown with coefficient ``of`` can spread beside the others; None if anywhere."""
    inverse = pow(of, -1, prime)
    total = sum(
        abs(signed(c * inverse, prime)) * s for c, s in zip(coefficients, spreads, strict=True)
    )
    return total if 2 * total < prime else None


def _integers(coefficients: Sequence[int], spreads: Sequence[int], prime: int) -> list[int] | None:
    factor = scale(coefficients, spreads, prime, prime)
    return None if factor is None else [signed(c * factor, prime) for c in coefficients]


def _twos(value: int) -> int:
    return (value & -value).bit_length() - 1


def _lowest(rest: dict[int, int], spreads: Sequence[int]) -> int | None:
    """Modulo the next power of two only the lowest unknown is left: it is 0 if it is below that."""
    order = sorted(rest, key=lambda i: _twos(rest[i]))
    first = order[0]
    if len(order) == 1:
        return first
    gap = _twos(rest[order[1]]) - _twos(rest[first])
    return first if spreads[first] < 1 << gap else None


def _largest(rest: dict[int, int], spreads: Sequence[int]) -> int | None:
    last = max(rest, key=lambda i: abs(rest[i]))
    others = sum(abs(c) * spreads[i] for i, c in rest.items() if i != last)
    return last if abs(rest[last]) > others else None
