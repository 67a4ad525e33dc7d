"""Which wires have one value in every pair of cases that do not exclude one another."""

from __future__ import annotations

from collections.abc import Sequence

from .branches import Case, Choice, Surroundings, choices, evaluated, surroundings
from .propagation import Propagation
from .shape import Naming, Shape
from .system import Form, plus, times


def split_choices(state: Propagation, remembered: dict[Shape, tuple[int, ...]]) -> bool:
    """Tells ``state`` what some choice determines, and settles; whether there was any.

    ``remembered``: by its shape, which wires a choice determines, in order of appearance; a circuit
    repeats the same choice thousands of times.
    """
    news = False
    for choice in choices(state):
        near = surroundings(state, choice)
        shape, order = _shape(state, choice, near)
        if shape not in remembered:
            wires = _determined(state, choice, near)
            remembered[shape] = tuple(order[w] for w in wires)
        places = set(remembered[shape])
        found = [wire for wire, place in order.items() if place in places]
        for wire in found:
            state.tell(wire, 0)
        state.settle()
        news = news or bool(found)
    return news


def _shape(state: Propagation, choice: Choice, near: Surroundings) -> tuple[Shape, dict[int, int]]:
    """The choice and its surroundings with wires numbered as they appear; and that numbering."""
    naming = Naming()
    wires = naming.wires(choice.wires)
    cases = tuple(tuple(naming.form(value) for value in case) for case in choice.cases)
    rows = naming.rows(near.rows)
    targets = tuple(naming.order.get(t, -1) for t in near.targets)
    kinds = tuple((state.is_known(w), w in state.booleans) for w in naming.order)
    return (wires, cases, rows, targets, kinds), naming.order


def _determined(state: Propagation, choice: Choice, near: Surroundings) -> list[int]:
    cases = [evaluated(state, choice, values, near) for values in choice.cases]
    cases = [case for case in cases if case.feasible]
    wires = {*choice.wires, *(t for t in near.targets if t >= 0)}
    for i, one in enumerate(cases):
        wires = {w for w in wires if one.values[w] is not None}
        for other in cases[:i]:
            if not wires:
                return []
            wires = _agreed(one, other, wires, state.prime)
    return sorted(wires)


def _agreed(one: Case, other: Case, wires: set[int], prime: int) -> set[int]:
    """Those of ``wires`` that are equal in both cases wherever both are possible."""
    zeros: list[Form] = []
    for key in one.ranges.keys() & other.ranges.keys():
        low = max(one.ranges[key][0], other.ranges[key][0])
        high = min(one.ranges[key][1], other.ranges[key][1])
        if low > high:
            return wires
        if low == high:
            zeros.append(plus(dict(key), {0: 1}, -low, prime))
    return {w for w in wires if _is_zero(_difference(one, other, w, prime), zeros, prime)}


def _difference(one: Case, other: Case, wire: int, prime: int) -> Form | None:
    a, b = one.values[wire], other.values[wire]
    return None if a is None or b is None else plus(a, b, -1, prime)


def _is_zero(form: Form | None, zeros: Sequence[Form], prime: int) -> bool:
    if not form:
        return form is not None
    for zero in zeros:
        first = min(zero)
        if first in form:
            factor = form[first] * pow(zero[first], -1, prime) % prime
            if times(zero, factor, prime) == form:
                return True
    return False
