"""Whether an R1CS determines its outputs by its inputs."""

from __future__ import annotations

from dataclasses import dataclass

from .aliases import merged
from .assumptions import split_bits
from .exclusion import split_choices
from .propagation import Propagation
from .shape import Shape
from .system import System
from .zeros import split_zeros


@dataclass(frozen=True)
class Decision:
    """What is proven: two witnesses with equal inputs agree in every wire but ``undecided``."""

    system: System
    undecided: tuple[int, ...]

    @property
    def open_outputs(self) -> tuple[int, ...]:
        """Outputs that could not be shown to be determined."""
        return tuple(w for w in self.undecided if w in self.system.outputs)

    @property
    def total(self) -> int:
        """How many wires there are to decide: all that constraints mention, and the outputs."""
        return len(_mentioned(self.system))

    @property
    def decided(self) -> int:
        """How many of these are determined."""
        return self.total - len(self.undecided)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the undecided wires."""
        return tuple(self.system.name(w) for w in self.undecided)


def decide(system: System) -> Decision:
    """Every wire of ``system`` that its constraints provably determine, given the inputs.

    Sound, not complete: what is called determined is; what is undecided may be. Terms: spreads of
    wires from one constraint at a time (`propagation`), then the ways of splitting cases (`zeros`,
    `assumptions`, `exclusion`) as long as anything new follows.
    """
    reduced, stands = merged(system)
    state = Propagation(reduced, system.inputs)
    remembered: dict[Shape, tuple[int, ...]] = {}
    widths: dict[Shape, dict[int, int]] = {}
    while True:
        news = split_zeros(state)
        state.settle()
        if not (news or split_choices(state, remembered) or split_bits(state, widths)):
            break
    undecided = (w for w in _mentioned(system) if not state.is_known(stands.get(w, w)))
    return Decision(system, tuple(sorted(undecided)))


def _mentioned(system: System) -> set[int]:
    """Wires in constraints, and outputs; an input is no question."""
    wires = {w for row in system.rows for part in row for w in part}
    return (wires | set(system.outputs)) - {0, *system.inputs}
