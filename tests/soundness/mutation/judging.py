"""Many mutants judged at once; where circom2 refuses one, it is found and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from .bench import Part, Put, Refused, equations, witnesses
from .definitions import honest
from .killers import _source, specimens, trials
from .mutants import STRICT, Mutant
from .trials import Kind, convicts
from .uniqueness import open_signals

MOST = 400
"""Trials in one circuit."""
CALLS = 100
"""Calls whose equations are asked for at once."""


@dataclass
class Verdict:
    """``killers``: the criteria that notice. ``refused``: calls that circom2 no longer takes."""

    mutant: Mutant
    killers: set[Kind] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    tried: int = 0

    @property
    def is_stillborn(self) -> bool:
        """Whether circom2 takes none of its calls."""
        return not self.tried


Puts = list[tuple[Verdict, Put]]
T = TypeVar("T")


def judged(mutants: Sequence[Mutant], *, thorough: bool) -> list[Verdict]:
    """One verdict each, in order."""
    return [
        v
        for batch in _batches(mutants, thorough=thorough)
        for v in _tried(batch, thorough=thorough)
    ]


def _batches(mutants: Sequence[Mutant], *, thorough: bool) -> Iterator[list[Mutant]]:
    batch: list[Mutant] = []
    size = 0
    for mutant in mutants:
        count = sum(1 for _ in trials(mutant, thorough=thorough))
        if batch and size + count > MOST:
            yield batch
            batch, size = [], 0
        batch.append(mutant)
        size += count
    if batch:
        yield batch


def _tried(batch: Sequence[Mutant], *, thorough: bool) -> list[Verdict]:
    """What circom2 refuses is taken out, one error message after the other."""
    verdicts = [Verdict(mutant) for mutant in batch]
    puts = [
        (v, Put(v.mutant.definitions, t))
        for v in verdicts
        for t in trials(v.mutant, thorough=thorough)
    ]
    while puts:
        try:
            _together(puts)
            for verdict, _ in puts:
                verdict.tried += 1
            break
        except _Left as left:
            puts = left.puts
    return verdicts


class _Left(Exception):
    """What is still to be tried."""

    def __init__(self, puts: Puts) -> None:
        super().__init__()
        self.puts = puts


def _together(puts: Puts) -> None:
    """Adds what notices to the verdicts. A slip whose outputs are wrong is asked no more."""
    told = _asked(puts, lambda: witnesses([put for _, put in puts]), lambda i: [i])
    for (verdict, put), witness in zip(puts, told, strict=True):
        if put.trial.kind == "meaning" and convicts(put.trial, witness, accepted=True):
            verdict.killers.add("meaning")
    left = [
        (verdict, put, witness)
        for (verdict, put), witness in zip(puts, told, strict=True)
        if verdict.mutant.rule in STRICT or not verdict.killers
    ]
    parts = _equations([(verdict, put) for verdict, put, _ in left])
    for (verdict, put, witness), part in zip(left, parts, strict=True):
        if convicts(put.trial, witness, accepted=not part.violated(witness)):
            verdict.killers.add(put.trial.kind)
        elif not put.trial.admitted and part.repaired(witness):
            verdict.killers.add("freed")


def _equations(puts: Puts) -> list[Part]:
    """For each of ``puts`` its main's constraints, those of one mutant made once."""
    if not puts:
        return []
    keys = [(verdict.mutant.id, put.trial.main) for verdict, put in puts]
    wanted = list(dict.fromkeys(keys))
    texts = {k: (put.definitions, put.trial.main) for k, (_, put) in zip(keys, puts, strict=True)}

    def users(place: int) -> list[int]:
        return [i for i, key in enumerate(keys) if key == wanted[place]]

    parts = _asked(puts, lambda: equations([texts[key] for key in wanted]), users)
    found = dict(zip(wanted, parts, strict=True))
    return [found[key] for key in keys]


def _is_out(verdict: Verdict, put: Put) -> bool:
    """Whether circom2 needn't be asked again: what it refuses of a choice, it refuses for all."""
    is_strict = verdict.mutant.rule in STRICT
    return put.trial.main in verdict.refused if is_strict else bool(verdict.refused)


def _asked(puts: Puts, build: Callable[[], list[T]], places: Callable[[int], list[int]]) -> list[T]:
    try:
        return build()
    except Refused as refused:
        gone = {i for place in refused.places for i in places(place)}
        for verdict, put in (puts[i] for i in gone):
            verdict.refused.add(put.trial.main)
        left = [(v, put) for v, put in puts if not _is_out(v, put)]
        raise _Left(left) from refused


def _calls(mutants: Sequence[Mutant], level: str) -> Iterator[tuple[Mutant, Part, Part]]:
    """The small calls of each mutant's template: as they are, and as the library has them."""
    asked = [(m, _source(o.call)) for m in mutants for o in specimens(m.where) if o.is_small]
    for start in range(0, len(asked), CALLS):
        yield from _compared(asked[start : start + CALLS], level)


def _compared(asked: list[tuple[Mutant, str]], level: str) -> Iterator[tuple[Mutant, Part, Part]]:
    as_is = list(dict.fromkeys(main for _, main in asked))
    while asked:
        texts = [(m.definitions, main) for m, main in asked] + [(honest(), t) for t in as_is]
        try:
            found = equations(texts, level)
        except Refused as refused:
            asked = [one for i, one in enumerate(asked) if i not in refused.places]
            continue
        right = dict(zip(as_is, found[len(asked) :], strict=True))
        for (mutant, main), part in zip(asked, found, strict=False):
            yield mutant, part, right[main]
        return


def counts(mutants: Sequence[Mutant]) -> set[str]:
    """The mutants of which some call has another number of constraints."""
    calls = _calls(mutants, "O1")
    return {m.id for m, mutated, right in calls if len(mutated.rows) != len(right.rows)}


def undecided(mutants: Sequence[Mutant]) -> set[str]:
    """The mutants of which some call has a signal that the uniqueness checker decides for the
    library, and not for the mutant."""
    calls = _calls(mutants, "O0")
    return {m.id for m, mutated, right in calls if open_signals(mutated) - open_signals(right)}


def verdicts(mutants: Sequence[Mutant]) -> dict[str, frozenset[str]]:
    """What notices each mutant, by id; those that circom2 refuses altogether are left out.

    Two criteria speak only of what no other notices: `counts`, since the tests of costs demand
    exact numbers, and `hints`, since a new `<--` has no liar, which `test_liars` demands.
    """
    found: dict[str, set[str]] = {m.id: set() for m in mutants}
    stillborn: set[str] = set()

    def alive() -> list[Mutant]:
        return [m for m in mutants if not found[m.id] and m.id not in stillborn]

    def tell(keys: Iterable[str], criterion: str) -> None:
        for key in keys:
            found[key].add(criterion)

    def put_to(some: Sequence[Mutant], *, thorough: bool) -> None:
        for verdict in judged(some, thorough=thorough):
            found[verdict.mutant.id] |= verdict.killers
            if verdict.is_stillborn:
                stillborn.add(verdict.mutant.id)

    tell(undecided([m for m in mutants if m.rule in STRICT]), "uniqueness")
    put_to(mutants, thorough=False)
    tell(counts(alive()), "counts")
    tell([m.id for m in alive() if m.rule == "weaken"], "hints")
    put_to(alive(), thorough=True)
    return {key: frozenset(names) for key, names in found.items() if key not in stillborn}
