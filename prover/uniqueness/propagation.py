"""What follows from one constraint at a time: how far each wire can differ between two witnesses.

``spread[w]`` = s says: in any two witnesses with equal inputs the values of w differ, modulo p, by
an integer in [-s, s]. 0 means determined; a wire without an entry may differ by anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from .digits import determined, spread
from .factors import bounded_factors
from .roots import two_valued, two_valued_beside
from .system import Form, Row, System, is_constant, plus, signed


class Propagation:
    """Spreads of all wires, derived to the end whenever something new is told.

    To the wires of the circuit come virtual ones, numbered after them, each with a row of its own:
    the bit of a linear form that a constraint leaves two values, form = low + step·bit; and the
    factors of a product that is zero, where their sum is known to be in an interval.
    """

    def __init__(self, system: System, known: Iterable[int], booleans: Iterable[int] = ()) -> None:
        self.prime = system.prime
        self.rows: list[Row] = list(system.rows)
        self.booleans = set(booleans)
        self.spread: dict[int, int] = dict.fromkeys((0, *known), 0)
        self._next_wire = system.wires
        self._waiting: list[int] = []
        self._bit_rows: dict[int, list[int]] = {}
        told = {**dict.fromkeys(self.booleans - self.spread.keys(), 1), **self._find_bits()}
        told |= self._find_factors()
        self.rows_of: dict[int, list[int]] = {}
        self._bare: list[int] = []
        for number, row in enumerate(self.rows):
            wires = row[0].keys() | row[1].keys() | row[2].keys()
            for wire in wires:
                self.rows_of.setdefault(wire, []).append(number)
            self._bare.append(len(wires - self.spread.keys()))
        self._waiting += [n for n, bare in enumerate(self._bare) if bare <= 1]
        for wire, width in told.items():
            self.tell(wire, width)
        self.settle()

    def is_known(self, wire: int) -> bool:
        """Whether the wire is determined."""
        return self.spread.get(wire) == 0

    def unknown(self, form: Iterable[int]) -> list[int]:
        """The wires of ``form`` that are not determined."""
        return [wire for wire in form if self.spread.get(wire) != 0]

    def tell(self, wire: int, width: int) -> None:
        """Notes a spread, if it is news."""
        before = self.spread.get(wire)
        if before is not None and before <= width:
            return
        self.spread[wire] = width
        for row in self.rows_of.get(wire, ()):
            if before is None:
                self._bare[row] -= 1
            if self._bare[row] <= 1:
                self._waiting.append(row)

    def settle(self) -> None:
        """Follows everything told to its end."""
        while self._waiting:
            waiting, self._waiting = dict.fromkeys(self._waiting), []
            for row in waiting:
                self._visit(row)

    def linear(self, row: Row) -> Form | None:
        """What A·B = C says of unknown wires, as a form that is determined; None if not linear.

        Determined, not zero: where A and B are known their product is, and C is what is left.
        """
        a, b, c = row
        if is_constant(a):
            return plus(c, b, -a.get(0, 0), self.prime)
        if is_constant(b):
            return plus(c, a, -b.get(0, 0), self.prime)
        if self.unknown(a) or self.unknown(b):
            return None
        return c

    def _visit(self, number: int) -> None:
        form = self.linear(self.rows[number])
        if form is None:
            return
        unknown = self.unknown(form)
        if len(unknown) == 1:
            self.tell(unknown[0], 0)
            return
        bare = [w for w in unknown if w not in self.spread]
        ranged = [w for w in unknown if w in self.spread]
        if not bare:
            if not self._peel(form):
                self._peel(self._combined(form))
        elif len(bare) == 1:
            coefficients = tuple(form[w] for w in ranged)
            spreads = tuple(self.spread[w] for w in ranged)
            width = spread(coefficients, spreads, form[bare[0]], self.prime)
            if width is not None:
                self.tell(bare[0], width)

    def _peel(self, form: Form) -> bool:
        """Tells what ``form``, in which every unknown has a spread, determines by itself."""
        unknown = self.unknown(form)
        coefficients = tuple(form[w] for w in unknown)
        places = determined(coefficients, tuple(self.spread[w] for w in unknown), self.prime)
        for place in places:
            self.tell(unknown[place], 0)
        return bool(places)

    def _combined(self, form: Form) -> Form:
        """``form`` and multiples of bits' own equations, where these make its sum smaller.

        So a packed one-hot vector reads Σ bit·2^j again, with its last bit for 1 - Σ of the others.
        """
        for number in sorted({n for w in self.unknown(form) for n in self._bit_rows.get(w, ())}):
            other = self.rows[number][1]
            shared = [w for w in self.unknown(other) if w in form]
            if len(shared) < 2 or not other.keys() <= self.spread.keys():
                continue
            ratio = form[shared[0]] * pow(other[shared[0]], -1, self.prime)
            form = min(form, plus(form, other, -ratio, self.prime), key=self._reach)
        return form

    def _reach(self, form: Form) -> int:
        return sum(abs(signed(form[w], self.prime)) * self.spread[w] for w in self.unknown(form))

    def _virtual(self, form: Form, value: Form) -> int:
        """A new wire v with form = value + v, where ``value`` holds the factor of v as wire -1."""
        wire = self._next_wire
        self._next_wire += 1
        equals = {wire if w == -1 else w: c for w, c in value.items() if c}
        self.rows.append(({0: 1}, plus(form, equals, -1, self.prime), {}))
        return wire

    def _find_bits(self) -> dict[int, int]:
        """Every wire that is 0 or 1 in any witness, those of two-valued forms among them."""
        found = []
        forms = [two_valued(row, self.prime) for row in self.rows]
        known = {tuple(sorted(two.form.items())): two for two in forms if two}
        for number, row in enumerate(tuple(self.rows)):
            two = forms[number] or two_valued_beside(row, known, self.prime)
            if two is None:
                continue
            (wire, *others) = two.form
            if others or (two.low, two.step) != (0, 1):
                wire = self._virtual(two.form, {0: two.low, -1: two.step})
                for part in self.rows[-1][1]:
                    self._bit_rows.setdefault(part, []).append(len(self.rows) - 1)
            found.append(wire)
        self.booleans.update(found)
        return dict.fromkeys(found, 1)

    def _find_factors(self) -> dict[int, int]:
        factors = bounded_factors(self.rows, self.booleans, self.prime)
        return {self._virtual(form, {-1: 1}): width for form, width in factors}
