"""A circuit node by node: what each part is, how it is proven, its cost, and what would save."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from zkpot.compiler import ops
from zkpot.compiler.circuit import Circuit, costs
from zkpot.compiler.ir import Graph, TensorType
from zkpot.compiler.ops.base import ints_attr
from zkpot.compiler.program import Program
from zkpot.compiler.sizes import part_sizes

from .savings import Saving, savings


@dataclass(frozen=True)
class Line:
    """One part.

    ``shape``: of one sample, an image's channels first. ``bits``: of one element in an honest
    evaluation, 0 for sponges. ``strategy``: how it is proven. ``nonzeros``: of the three matrices,
    within a percent. ``share``: of all constraints, 0 to 1.
    """

    name: str
    op: str
    shape: tuple[int, ...]
    bits: int
    strategy: str
    constraints: int
    nonzeros: int
    share: float


@dataclass(frozen=True)
class Explanation:
    """``savings``: what would make the circuit smaller, the most first."""

    circuit_id: str
    samples: int
    constraints: int
    nonzeros: int
    lines: tuple[Line, ...]
    savings: tuple[Saving, ...]

    @property
    def advice(self) -> tuple[str, ...]:
        """Each saving as a sentence."""
        return tuple(map(str, self.savings))

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field, and ``advice``."""
        return {**asdict(self), "advice": self.advice}


@dataclass(frozen=True)
class _Place:
    """Where in the graph a part of the costs is."""

    type: TensorType | None
    strategy: str


def explain(circuit: Circuit) -> Explanation:
    """Every part of ``circuit`` in the order of its source; nothing is compiled."""
    found, sizes = costs(circuit), part_sizes(circuit)
    total = sum(part.constraints for part in found)
    lines = []
    for part, size, place in zip(found, sizes, _places(circuit), strict=True):
        shape = () if place.type is None else place.type.shape
        bits = 0 if place.type is None else place.type.interval.bits
        share = part.constraints / total
        where = part.name, part.op, shape, bits, place.strategy
        lines.append(Line(*where, part.constraints, size.nonzeros, share))
    nonzeros = sum(size.nonzeros for size in sizes)
    return Explanation(circuit.id, circuit.samples, total, nonzeros, tuple(lines), savings(circuit))


def _places(circuit: Circuit) -> list[_Place]:
    """As `costs` orders the parts: parameters, the two sponges, powers of r, nodes."""
    graph, plan = circuit.graph, circuit.absorption
    program = Program(graph, circuit.samples, circuit.accumulators)
    found = [_Place(p.type, f"{p.type.interval.bits} bits") for p in graph.parameters]
    for length in (plan.commitment_length, plan.challenge_length):
        found.append(_Place(None, f"Poseidon of {length:,} elements"))
    if circuit.powers:
        found.append(_Place(None, f"{circuit.powers:,} powers, for the folds of private layers"))
    shapes = _image_shapes(graph)
    for node in graph.nodes:
        name = node.output.name
        honest = TensorType(shapes[name], program.honest(name))
        found.append(_Place(honest, ops.of(node).strategy(node)))
    return found


def _image_shapes(graph: Graph) -> dict[str, tuple[int, ...]]:
    """Channels, rows and columns where a convolution or pool made them, or kept what did."""
    found: dict[str, tuple[int, ...]] = {}
    for node in graph.nodes:
        shape, size = node.output.type.shape, node.output.type.size
        source = found.get(node.inputs[0], ())
        if "output" in node.attrs:
            rows, columns = ints_attr(node, "output")
            shape = (size // (rows * columns), rows, columns)
        elif node.op != "select" and math.prod(source) == size:
            shape = source or shape
        found[node.output.name] = shape if math.prod(shape[1:]) > 1 else shape[:1]
    return found
