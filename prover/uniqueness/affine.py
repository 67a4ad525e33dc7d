"""Forms with values put in for some of their wires."""

from __future__ import annotations

from collections.abc import Mapping

from .system import Form, Row, is_constant, plus, times


def solved(form: Form, wire: int, prime: int) -> Form:
    """The value of ``wire`` where ``form`` is 0."""
    rest = {w: c for w, c in form.items() if w != wire}
    return times(rest, -pow(form[wire], -1, prime), prime)


def substituted(form: Form, values: Mapping[int, Form | None], prime: int) -> Form | None:
    """``form`` with values for some wires; None where one of these has none (is not affine)."""
    total: Form = {}
    for wire, coefficient in form.items():
        value = values.get(wire, {wire: 1})
        if value is None:
            return None
        total = plus(total, value, coefficient, prime)
    return total


def affine(row: Row, values: Mapping[int, Form | None], prime: int) -> Form | None:
    """A·B - C with the case's values, where that is affine."""
    a, b, c = (substituted(part, values, prime) for part in row)
    if a is None or b is None or c is None:
        return None
    if not is_constant(a):
        a, b = b, a
    if not is_constant(a):
        return None
    return plus(times(b, a[0], prime) if a else {}, c, -1, prime)
