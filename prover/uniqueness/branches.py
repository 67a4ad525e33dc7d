"""Case split on what a witness chose: a factor of a product that is 0, or the bits of a hint.

Two witnesses may be in different cases. In each case the wires near by are affine in determined
ones, and ranges that depend on the case hold: m = a where a - b is in [0, 2^n), or m = b where
b - a is. Each pair of cases must either exclude one another or give a wire the same value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from .affine import affine, solved, substituted
from .digits import reach
from .propagation import Propagation
from .system import Form, Row, is_constant, signed, times

MOST_BITS = 8
MOST_ROWS = 300


@dataclass(frozen=True)
class Choice:
    """Alternatives for the values of ``wires``: a value for each wire, case by case."""

    wires: tuple[int, ...]
    cases: tuple[tuple[Form, ...], ...]


@dataclass
class Case:
    """Values of wires, affine in determined ones, and the intervals that forms of those are in."""

    values: dict[int, Form | None]
    ranges: dict[tuple[tuple[int, int], ...], tuple[int, int]] = field(default_factory=dict)
    feasible: bool = True

    def bound(self, form: Form, low: int, high: int, prime: int) -> None:
        """Notes that ``form`` is congruent to an integer in [low, high].

        Kept where all of it is below p/2: then two such integers are equal if they are congruent.
        """
        constant = signed(form.get(0, 0), prime)
        rest = {wire: c for wire, c in form.items() if wire}
        low, high = low - constant, high - constant
        if not rest:
            self.feasible = self.feasible and low <= 0 <= high
            return
        if signed(rest[min(rest)], prime) < 0:
            rest, low, high = times(rest, prime - 1, prime), -high, -low
        if 2 * max(-low, high) >= prime:
            return
        key = tuple(sorted(rest.items()))
        before = self.ranges.get(key, (low, high))
        self.ranges[key] = max(low, before[0]), min(high, before[1])
        self.feasible = self.feasible and self.ranges[key][0] <= self.ranges[key][1]


def choices(state: Propagation) -> Iterator[Choice]:
    """What an undetermined wire was chosen from."""
    for number in range(len(state.rows)):
        row = state.rows[number]
        found = _factors(state, row) or _bits(state, row)
        if found:
            yield found


def _factors(state: Propagation, row: Row) -> Choice | None:
    """(u - x)·(u - y) = 0 with x and y determined; not for bits, which `_bits` takes together."""
    a, b, c = row
    unknown = state.unknown(a)
    if c or len(unknown) != 1 or state.unknown(b) != unknown or is_constant(a) or is_constant(b):
        return None
    (wire,) = unknown
    if wire in state.booleans:
        return None
    cases = tuple((solved(form, wire, state.prime),) for form in (a, b))
    return Choice((wire,), cases)


def _bits(state: Propagation, row: Row) -> Choice | None:
    """A wire that is a sum of a few bits, all of them undetermined."""
    form = state.linear(row)
    unknown = [] if form is None else state.unknown(form)
    bits = tuple(w for w in unknown if w in state.booleans)
    others = [w for w in unknown if w not in state.booleans]
    if form is None or len(others) != 1 or not 0 < len(bits) <= MOST_BITS:
        return None
    if not (is_constant(row[0]) or is_constant(row[1])):
        return None
    given = solved(form, others[0], state.prime)
    cases = []
    for values in product((0, 1), repeat=len(bits)):
        told = {w: {0: 1} if v else {} for w, v in zip(bits, values, strict=True)}
        value = substituted(given, told, state.prime)
        assert value is not None
        cases.append((value, *told.values()))
    return Choice((others[0], *bits), tuple(cases))


@dataclass(frozen=True)
class Surroundings:
    """The rows that follow from a choice. ``targets``: the wire that each gives; -1 for a range."""

    rows: tuple[Row, ...]
    targets: tuple[int, ...]


def surroundings(state: Propagation, choice: Choice) -> Surroundings:
    """Rows in which the choice leaves one unknown wire, or none but bits."""
    assigned = set(choice.wires)
    used: dict[int, int] = {}
    waiting = list(choice.wires)
    while waiting and len(used) < MOST_ROWS:
        wire = waiting.pop(0)
        for number in state.rows_of.get(wire, ()):
            if number in used:
                continue
            a, b, c = state.rows[number]
            rest = set(state.unknown({**a, **b, **c})) - assigned
            ranged = rest <= state.booleans
            if len(rest) == 1 and not ranged:
                (target,) = rest
                used[number] = target
                assigned.add(target)
                waiting.append(target)
            elif ranged:
                used[number] = -1
    return Surroundings(tuple(state.rows[n] for n in used), tuple(used.values()))


def evaluated(
    state: Propagation, choice: Choice, values: tuple[Form, ...], near: Surroundings
) -> Case:
    """One case followed through the rows near by."""
    case = Case(dict(zip(choice.wires, values, strict=True)))
    for row, target in zip(near.rows, near.targets, strict=True):
        equation = affine(row, case.values, state.prime)
        if target >= 0:
            solvable = equation is not None and target in equation
            case.values[target] = (
                solved(equation, target, state.prime) if equation and solvable else None
            )
        elif equation is not None:
            bits = [w for w in equation if w in state.booleans]
            _bound(case, equation, bits, state.prime)
            _bound(case, equation, state.unknown(bits), state.prime)
    return case


def _bound(case: Case, equation: Form, bits: list[int], prime: int) -> None:
    """From Σ c_i·bit_i + form = 0: the interval of the form."""
    found = reach([equation[w] for w in bits], prime)
    if found is None:
        return
    factor, low, high = found
    form = times({w: c for w, c in equation.items() if w not in bits}, -factor, prime)
    case.bound(form, low, high, prime)
