"""One wire for signals that a constraint says are equal, as `a <== b` does."""

from __future__ import annotations

from dataclasses import replace

from .affine import affine
from .system import Form, Row, System, plus


def merged(system: System) -> tuple[System, dict[int, int]]:
    """``system`` with equal wires merged, and the wire that stands for each that was not kept.

    An input stands for all that equal it: what equals an input is determined.
    """
    stands: dict[int, int] = {}

    def root(wire: int) -> int:
        while wire in stands:
            wire = stands[wire]
        return wire

    rows = []
    for row in system.rows:
        pair = _equal(row, system.prime)
        if pair is None:
            rows.append(row)
            continue
        one, other = (root(wire) for wire in pair)
        if one in system.inputs and other in system.inputs:
            rows.append(row)
        elif one != other:
            keep, drop = (one, other) if one in system.inputs else (other, one)
            stands[drop] = keep
    found = {wire: root(wire) for wire in stands}
    kept = [
        (
            _renamed(a, found, system.prime),
            _renamed(b, found, system.prime),
            _renamed(c, found, system.prime),
        )
        for a, b, c in rows
    ]
    return replace(system, rows=kept), found


def _equal(row: Row, prime: int) -> tuple[int, int] | None:
    """The two wires of which a linear constraint says that they are equal."""
    form = affine(row, {}, prime)
    if form is None or len(form) != 2 or 0 in form or sum(form.values()) != prime:
        return None
    one, other = form
    return one, other


def _renamed(form: Form, stands: dict[int, int], prime: int) -> Form:
    if not stands.keys() & form.keys():
        return form
    total: Form = {}
    for wire, coefficient in form.items():
        total = plus(total, {stands.get(wire, wire): 1}, coefficient, prime)
    return total
