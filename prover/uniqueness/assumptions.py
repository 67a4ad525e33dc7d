"""Case split on determined bits that select: chosen = h·y, with h the same in both witnesses.

For given h all is linear, so spreads follow from the decompositions near by, case by case; the
widest of them holds. That is how the count's comparisons bound the logits, whatever the label.
"""

from __future__ import annotations

from collections.abc import Iterator

from .affine import affine, solved, substituted
from .cases import cases, conditions
from .propagation import Propagation
from .shape import Naming, Shape
from .system import Form, Row, System


def split_bits(state: Propagation, remembered: dict[Shape, dict[int, int]]) -> bool:
    """Tells ``state`` spreads that hold in every case, and settles; whether there was news.

    ``remembered``: by the shape of the rows, the spreads of their wires in order of appearance.
    """
    news = False
    done: set[int] = set()
    for number in _selections(state):
        if number in done:
            continue
        rows, bits = _neighbours(state, number)
        done |= rows
        found = _remembered(state, [state.rows[n] for n in sorted(rows)], bits, remembered)
        for wire, width in found.items():
            news = news or wire not in state.spread or width < state.spread[wire]
            state.tell(wire, width)
    state.settle()
    return news


def _remembered(
    state: Propagation,
    rows: list[Row],
    bits: set[int],
    remembered: dict[Shape, dict[int, int]],
) -> dict[int, int]:
    given = conditions(state, bits)
    naming = Naming()
    selecting = naming.wires(sorted(bits))
    named = naming.rows(rows), tuple(naming.form(form) for form in given)
    kinds = tuple((state.spread.get(w), w in state.booleans) for w in naming.order)
    shape = (selecting, named, kinds)
    if shape not in remembered:
        found = _widest(state, rows, cases(sorted(bits), given, state.prime))
        remembered[shape] = {naming.order[w]: width for w, width in found.items()}
    wires = {place: wire for wire, place in naming.order.items()}
    return {wires[place]: width for place, width in remembered[shape].items()}


def _selector(state: Propagation, row: Row) -> Form | None:
    """The factor that is made of determined bits, if the other is undetermined."""
    for factor, other in ((row[0], row[1]), (row[1], row[0])):
        wires = factor.keys() - {0}
        if wires and wires <= state.booleans and not state.unknown(wires) and state.unknown(other):
            return factor
    return None


def _selections(state: Propagation) -> Iterator[int]:
    for number, row in enumerate(state.rows):
        if _selector(state, row) is not None:
            yield number


def _neighbours(state: Propagation, start: int) -> tuple[set[int], set[int]]:
    """Selections, and linear rows with undetermined bits, that share unknown wires; and the h."""
    rows, bits = {start}, set[int]()
    waiting = [start]
    while waiting:
        row = state.rows[waiting.pop()]
        factor = _selector(state, row)
        bits |= factor.keys() - {0} if factor else set()
        for wire in state.unknown({**row[0], **row[1], **row[2]}):
            if wire in state.booleans:
                continue
            near = {n for n in state.rows_of[wire] if _is_near(state, state.rows[n])}
            waiting += near - rows
            rows |= near
    return rows, bits


def _is_near(state: Propagation, row: Row) -> bool:
    if _selector(state, row) is not None:
        return True
    form = state.linear(row)
    return form is not None and bool(state.booleans & set(state.unknown(form)))


def _widest(state: Propagation, rows: list[Row], given: list[dict[int, int]]) -> dict[int, int]:
    """For every wire of ``rows``, the largest spread over all cases; absent where one has none."""
    widest: dict[int, int] | None = None
    for values in given:
        told: dict[int, Form | None] = {w: {0: 1} if v else {} for w, v in values.items()}
        spreads = _spreads(state, _linear(state, rows, told))
        if widest is None:
            widest = spreads
        widest = {w: max(s, spreads[w]) for w, s in widest.items() if w in spreads}
    return widest or {}


def _linear(state: Propagation, rows: list[Row], told: dict[int, Form | None]) -> list[Row]:
    """The equations of one case, each product's wire replaced by what was selected."""
    selections: list[tuple[Row, Form]] = []
    others: list[tuple[Row, Form]] = []
    for row in rows:
        equation = affine(row, told, state.prime)
        if equation is not None:
            (selections if _selector(state, row) else others).append((row, equation))
    values: dict[int, Form | None] = {}
    for row, equation in selections:
        (wire, *more) = state.unknown(row[2]) or [0]
        if wire and not more and wire in equation:
            values[wire] = solved(equation, wire, state.prime)
    left = (substituted(equation, values, state.prime) for _, equation in others)
    equations = [e for _, e in selections] + [form for form in left if form is not None]
    return [({0: 1}, equation, {}) for equation in equations]


def _spreads(state: Propagation, rows: list[Row]) -> dict[int, int]:
    wires = {w for row in rows for part in row for w in part}
    known = [w for w in wires if state.is_known(w)]
    top = max(wires, default=0) + 1
    system = System(state.prime, top, range(0), range(0), rows)
    case = Propagation(system, known, state.booleans & wires)
    return {w: s for w, s in case.spread.items() if w in wires}
