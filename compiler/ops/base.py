"""What every primitive states about itself, in one place per primitive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import SoundnessError
from ..ir import Graph, Interval, Node, TensorType
from .size import Size

IntArray: TypeAlias = "NDArray[np.int64]"
Mask: TypeAlias = "NDArray[np.bool_]"
Parameter: TypeAlias = "int | tuple[Parameter, ...]"


@dataclass(frozen=True)
class Special:
    """An input that is no value of the graph. A type of its own: no tensor's name can mean it.

    ``size``: how many elements of it, where that is the node's to say.
    """

    kind: Literal["challenge", "labels", "folded", "powers", "zeros"]
    size: int = 0


@dataclass(frozen=True)
class Gadget:
    """A call of a Circom template. ``inputs``: graph values by name, and special ones."""

    include: str
    template: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[str | Special, ...]


CHALLENGE, LABELS, FOLDED = Special("challenge"), Special("labels"), Special("folded")


def powers(count: int) -> Special:
    """The first ``count`` powers of the challenge, from r^0 on."""
    return Special("powers", count)


def zeros(m: int) -> Special:
    """A constant 1 x m input of zeros."""
    return Special("zeros", m)


class Op:
    """A primitive: stateless, one subclass a file, registered in zkpot.compiler.ops.

    Values are int64 arrays, samples first; parameters have no sample axis.
    """

    name: ClassVar[str]
    model_level: ClassVar[bool] = False
    """Whether the frontend makes it; what is not comes from passes, which answer for its attrs."""

    output_determined: ClassVar[bool] = True
    """Whether the gadget's own constraints make the output a function of its inputs. Where they
    don't, the readers must bound the output: see passes/slot_intervals.py."""

    accumulates: ClassVar[bool] = False
    """Whether it is a linear layer: inputs x, weight (K, M) and maybe bias (1, M), output sums."""

    uses_challenge: ClassVar[bool] = False
    """Whether its constraints use the challenge, so that all it reads and its output must have
    been fixed before: see passes/absorption.py."""

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        """Shape and honest worst-case interval of the output, over all declared input values."""
        raise SoundnessError(f"operation {self.name} has no range rule")

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        """The meaning in integers."""
        raise SoundnessError(f"operation {self.name} has no meaning in integers")

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        """The template call that constrains it."""
        raise SoundnessError(
            f"{self.name} {node.name!r} reached emission", why="a pass should have lowered it"
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        """Exactly what the gadget adds to the R1CS under --O1, linear constraints included."""
        raise SoundnessError(f"operation {self.name} has no cost")

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        """Wires and non-zeros that the gadget adds; see `Size` for how exact."""
        raise SoundnessError(f"operation {self.name} has no size")

    def strategy(self, node: Node) -> str:
        """How it is proven, in a few words for a person."""
        return self.name.replace("_", " ")

    def large_wires(self, node: Node, graph: Graph, samples: int) -> int:
        """How many of its wires carry values of about the field's size: dear ones to a prover."""
        return 0

    def powers(self, node: Node, graph: Graph, samples: int) -> int:
        """How many powers of the challenge, from r^0 on, its gadget takes as `powers`."""
        return 0

    def enforces(self, node: Node, position: int) -> Interval | None:
        """What the gadget forces input ``position`` into, without using the challenge."""
        return None

    def covers(self, node: Node, graph: Graph, position: int) -> Mask | None:
        """The elements of one sample that `enforces` speaks of; None means all."""
        return None

    def ties(self, node: Node, graph: Graph, position: int, outputs: Mask) -> Mask | None:
        """Which elements of input ``position`` are forced into `forces_through`'s interval, if the
        marked elements of the output are forced into its argument; None means none."""
        return None

    def forces_through(self, node: Node, position: int, output: Interval) -> Interval:
        """What tied elements of input ``position`` lie in where the output lies in ``output``."""
        return output

    def accepts(self, node: Node, position: int) -> Interval | None:
        """Input values for which an honest assignment exists; None means all."""
        return self.enforces(node, position)

    passes_on: ClassVar[bool] = False
    """Whether its output is its input up to factors, so that who reads the one limits the other."""

    def preimage(self, node: Node, output: Interval) -> Interval:
        """Of an operation that passes on: the input values whose outputs lie in ``output``."""
        raise SoundnessError(f"operation {self.name} passes nothing on")


def int_attr(node: Node, name: str) -> int:
    """An integer attribute."""
    value = node.attrs[name]
    assert isinstance(value, int)
    return value


def ints_attr(node: Node, name: str) -> tuple[int, ...]:
    """A tuple of integers."""
    value = node.attrs[name]
    assert isinstance(value, tuple)
    return value


def float_attr(node: Node, name: str) -> np.float32:
    """A float32 attribute."""
    value = node.attrs[name]
    assert isinstance(value, float | int)
    return np.float32(value)
