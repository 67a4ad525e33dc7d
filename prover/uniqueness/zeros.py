"""Case split on whether a determined form is zero: what an is-zero's two constraints decide.

d·inverse = 1 - z and d·z = 0, with d determined: if d = 0 the first gives z = 1; if not, the second
gives z = 0. Both witnesses are in the same case, since d is the same in both. The inverse is
determined in one case only.
"""

from __future__ import annotations

from collections.abc import Iterable

from .propagation import Propagation
from .system import Form, canonical, is_constant

Split = tuple[Form, Form]
"""What d is multiplied by, and what the product is."""


def split_zeros(state: Propagation) -> bool:
    """Tells ``state`` whatever is determined in both cases of some form; whether it was news."""
    groups: dict[tuple[tuple[int, int], ...], list[Split]] = {}
    for a, b, c in state.rows:
        for factor, other in ((a, b), (b, a)):
            if is_constant(factor) or state.unknown(factor) or not state.unknown(other):
                continue
            groups.setdefault(canonical(factor, state.prime), []).append((other, c))
    news = False
    for splits in groups.values():
        found = _solved(state, splits, zero=True) & _solved(state, splits, zero=False)
        for wire in found:
            state.tell(wire, 0)
        news = news or bool(found)
    return news


def _solved(state: Propagation, splits: Iterable[Split], *, zero: bool) -> set[int]:
    """Unknowns that the constraints on one form determine, given that it is zero, or is not."""
    found: set[int] = set()
    count = -1
    while count < len(found):
        count = len(found)
        for other, product in splits:
            unknown = set(state.unknown(product)) - found
            if not zero:
                unknown |= set(state.unknown(other)) - found
            if len(unknown) == 1 and _is_solvable(min(unknown), other, product, zero=zero):
                found |= unknown
    return found


def _is_solvable(wire: int, other: Form, product: Form, *, zero: bool) -> bool:
    """Whether the one unknown wire's coefficient cannot vanish.

    If the form is not zero, a wire on both sides has the coefficient d·β - γ, which may.
    """
    if zero or wire not in other:
        return wire in product
    return wire not in product
