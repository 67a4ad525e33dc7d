"""The uniqueness checker as a criterion: which calls' outputs a mutant leaves undetermined."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from zkpot.compiler.field import FIELD
from zkpot.prover.uniqueness import System, decide
from zkpot.prover.uniqueness.system import Form

from .bench import Part


def system_of(part: Part) -> System:
    """``part`` as a circuit of its own: the wires of c0_out first, those of c0_x… given."""
    outputs = sorted(n for n in part.signals if n.startswith("c0_out"))
    wires = {n: i for i, n in enumerate([*outputs, *sorted(part.signals - set(outputs))], 1)}

    def form(terms: Collection[tuple[str, int]]) -> Form:
        found: Form = {}
        for name, value in terms:
            wire = wires[name] if name else 0
            found[wire] = (found.get(wire, 0) + value) % FIELD
        return {w: v for w, v in found.items() if v}

    return System(
        FIELD,
        len(wires) + 1,
        range(1, len(outputs) + 1),
        [wire for name, wire in wires.items() if name.startswith("c0_x")],
        [(form(a), form(b), form(c)) for a, b, c in part.rows],
        {wire: name for name, wire in wires.items()},
    )


@cache
def open_signals(part: Part) -> frozenset[str]:
    """The signals of ``part`` that the checker leaves undecided."""
    return frozenset(decide(system_of(part)).names)
