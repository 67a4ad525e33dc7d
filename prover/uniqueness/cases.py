"""The values that determined bits can have together, by the linear constraints on them alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .affine import affine
from .propagation import Propagation
from .system import Form, signed

MOST_CASES = 600


def conditions(state: Propagation, bits: Collection[int]) -> list[Form]:
    """Forms of nothing but ``bits`` and other booleans that are 0 in every witness."""
    found = []
    for number in sorted({n for wire in bits for n in state.rows_of[wire]}):
        form = affine(state.rows[number], {}, state.prime)
        if form and form.keys() - {0} <= state.booleans | set(bits):
            found.append(form)
    return found


def cases(bits: Sequence[int], given: Sequence[Form], prime: int) -> list[dict[int, int]]:
    """Every assignment of ``bits`` that ``given`` admit; none at all if there are too many."""
    found: list[dict[int, int]] = [{}]
    for wire in bits:
        grown = [{**case, wire: value} for case in found for value in (0, 1)]
        found = [case for case in grown if all(_may_hold(f, case, prime) for f in given)]
        if len(found) > MOST_CASES:
            return []
    return found


def _may_hold(form: Form, case: dict[int, int], prime: int) -> bool:
    """Whether the form, with booleans that the case leaves open, can still be 0."""
    low = high = 0
    for wire, coefficient in form.items():
        weight = signed(coefficient, prime)
        if wire == 0 or wire in case:
            low, high = low + weight * case.get(wire, 1), high + weight * case.get(wire, 1)
        else:
            low, high = low + min(weight, 0), high + max(weight, 0)
    return low <= 0 <= high or max(-low, high) >= prime
