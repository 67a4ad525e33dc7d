"""Every mutant of circuits/, made from the sources by a few rules.

The three that count most: an equation that assigns only (`weaken`), an equation that is gone
(`delete`), a range that is a bit wider (`widen`). Two more: the arms of a choice exchanged
(`choose`), and no tie rule (`tie`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .definitions import Definitions, honest
from .widening import BY_HAND, WIDTHS


@dataclass(frozen=True)
class Mutant:
    """``old`` at ``start`` of the template or function ``where`` has become ``new``."""

    rule: str
    where: str
    start: int
    old: str
    new: str
    text: str
    """The whole definition, mutated."""
    number: int = 0
    """Which of the mutants that read alike."""

    @property
    def id(self) -> str:
        again = f" ({self.number + 1})" if self.number else ""
        return f"{self.rule}: {self.where}: {self._passage()}{again}"

    @property
    def definitions(self) -> Definitions:
        return {**honest(), self.where: self.text}

    def _passage(self) -> str:
        """What the mutated line says, the change marked."""
        original = honest()[self.where]
        begin = original.rfind("\n", 0, self.start) + 1
        end = original.find("\n", self.start + len(self.old))
        end = len(original) if end < 0 else end
        before, after = original[begin : self.start], original[self.start + len(self.old) : end]
        return " ".join(f"{before}⟦{self.old} → {self.new}⟧{after}".split())


STRICT = ("weaken", "delete", "widen")
"""The rules whose mutants are equations that are missing."""

EQUATION = re.compile(r"<==")
STATEMENT = re.compile(r"[^;{}]*===[^;{}]*;")
# A size only reserves room, and an assert speaks of parameters that the tests choose.
KEPT = re.compile(r"\b(?:var|signal(?: input| output)?|component)\s+[^;=]*;|\bassert\b[^;]*;")
CHOICE = re.compile(r"\? ")
TIE_RULE = " - labelIsHigher"


def _kept(text: str) -> list[range]:
    head = range(text.index("{") + 1)
    return [head, *(range(*m.span()) for m in KEPT.finditer(text))]


def _mutant(rule: str, where: str, start: int, old: str, new: str) -> Mutant:
    text = honest()[where]
    assert text[start : start + len(old)] == old
    return Mutant(rule, where, start, old, new, text[:start] + new + text[start + len(old) :])


def _weakened(where: str, text: str) -> Iterator[Mutant]:
    for match in EQUATION.finditer(text):
        yield _mutant("weaken", where, match.start(), "<==", "<--")


def _deleted(where: str, text: str) -> Iterator[Mutant]:
    for match in STATEMENT.finditer(text):
        statement = match[0].strip()
        yield _mutant("delete", where, match.end() - len(statement), statement, "")


def _widened(where: str, text: str) -> Iterator[Mutant]:
    for pattern in WIDTHS:
        for match in pattern.finditer(text):
            yield _mutant("widen", where, match.start(1), match[1], f"{match[1]} + 1")
    if where in BY_HAND:
        old, new = BY_HAND[where]
        body = text.index("{")
        start, wide = text.index(old, body), text[body:].replace(old, new)
        yield Mutant("widen", where, start, old, new, text[:body] + wide)


def _chosen(where: str, text: str) -> Iterator[Mutant]:
    for match in CHOICE.finditer(text):
        first = match.end(), _end(text, match.end())
        second = first[1] + 3, _end(text, first[1] + 3)
        if text[first[1] : second[0]] == " : ":
            old = text[match.start() : second[1]]
            new = f"? {text[slice(*second)]} : {text[slice(*first)]}"
            yield _mutant("choose", where, match.start(), old, new)
    if TIE_RULE in text:
        yield _mutant("tie", where, text.index(TIE_RULE), TIE_RULE, "")


def _end(text: str, start: int) -> int:
    """Where the operand of a choice that begins at ``start`` ends."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[at], 0)
        if depth < 0 or (depth == 0 and (text[at] in ";," or text[at : at + 3] == " : ")):
            return at
    raise AssertionError(text[start:])


def _allowed(text: str, mutants: Iterator[Mutant]) -> Iterator[Mutant]:
    kept = _kept(text)
    return (m for m in mutants if not any(m.start in span for span in kept))


def made() -> list[Mutant]:
    """All of them, each with an id of its own. Tables of constants are left as they are."""
    found: list[Mutant] = []
    for where, text in honest().items():
        if not re.match(r"function poseidon", text):
            found += [*_weakened(where, text), *_deleted(where, text), *_widened(where, text)]
            found += _allowed(text, _chosen(where, text))
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in found:
        numbered.append(replace(mutant, number=seen[mutant.id]))
        seen[mutant.id] += 1
    return numbered
