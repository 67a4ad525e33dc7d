"""Products that are zero: from A·B = 0 follows A = 0 or A = A + B, and so does it for B.

If a decomposition puts A + B in an interval, A and B are in that interval too, or zero. That is how
the elements of a maximum are bounded by it: (m - a)·(m - b) = 0 with 2m - a - b in [0, 2^n).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .affine import affine
from .digits import reach
from .system import Form, Row, canonical, is_constant, plus, signed, times

Key = tuple[tuple[int, int], ...]
Intervals = dict[Key, tuple[int, int, int]]


def bounded_factors(
    rows: Sequence[Row], booleans: set[int], prime: int
) -> Iterator[tuple[Form, int]]:
    """Forms that vary over at most so many consecutive integers in all witnesses, modulo p."""
    products = [(a, b) for a, b, c in rows if not c and not is_constant(a) and not is_constant(b)]
    products = [(a, b) for a, b in products if a.keys() ^ b.keys()]
    intervals = _intervals(rows, booleans, prime) if products else {}
    for a, b in products:
        for wire in sorted((a.keys() & b.keys()) - {0}):
            same = times(b, a[wire] * pow(b[wire], -1, prime), prime)
            found = _within(a, same, intervals, prime)
            if found is not None:
                yield from found
                break


def _within(a: Form, b: Form, intervals: Intervals, prime: int) -> list[tuple[Form, int]] | None:
    total = plus(a, b, 1, prime)
    varying = {wire: c for wire, c in total.items() if wire}
    if not varying:
        return None
    found = intervals.get(canonical(varying, prime))
    if found is None:
        return None
    lead, *interval = found
    factor = lead * pow(varying[min(varying)], -1, prime) % prime
    constant = signed(total.get(0, 0) * factor, prime)
    low, high = min(interval[0] + constant, 0), max(interval[1] + constant, 0)
    if 2 * (high - low) >= prime:
        return None
    return [(times(form, factor, prime), high - low) for form in (a, b)]


def _intervals(rows: Sequence[Row], booleans: set[int], prime: int) -> Intervals:
    """From every linear constraint on bits and a form: an interval for a multiple of the form.

    Keys are forms without a constant, whose first coefficient is 1; then come the multiple's, and
    the interval's ends.
    """
    found = {}
    for row in rows:
        equation = affine(row, {}, prime)
        if equation is None:
            continue
        bits = [v for w, v in equation.items() if w in booleans]
        rest = {w: v for w, v in equation.items() if w not in booleans and w}
        ends = reach(bits, prime) if bits and rest else None
        if ends is None:
            continue
        factor, low, high = ends
        constant = signed(equation.get(0, 0) * factor, prime)
        lead = -rest[min(rest)] * factor % prime
        found[canonical(rest, prime)] = (lead, low + constant, high + constant)
    return found
