"""A circuit node by node: what each part is, how wide, what it costs, what would be cheaper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from zkpot.compiler.circuit import Circuit, costs
from zkpot.compiler.ir import Node, Value

COSTLY = ("requantize_line", "requantize_table")
FULL_BITS = 8


@dataclass(frozen=True)
class Line:
    """One part. ``shape``: of one sample; ``bits``: of one element's interval, 0 for sponges."""

    name: str
    op: str
    shape: tuple[int, ...]
    bits: int
    constraints: int
    share: float


@dataclass(frozen=True)
class Explanation:
    """``advice``: what would make the circuit smaller, a sentence each."""

    circuit_id: str
    samples: int
    constraints: int
    lines: tuple[Line, ...]
    advice: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return asdict(self)


def explain(circuit: Circuit) -> Explanation:
    """Every part of ``circuit`` in the order of its source; nothing is compiled."""
    found = costs(circuit)
    total = sum(part.constraints for part in found)
    values = {node.name: node.output for node in circuit.graph.nodes}
    values.update((parameter.name, parameter) for parameter in circuit.graph.parameters)
    lines = tuple(
        Line(part.name, part.op, *_type(values.get(part.name)), part.constraints,
             part.constraints / total)
        for part in found
    )  # fmt: skip
    return Explanation(circuit.id, circuit.samples, total, lines, tuple(_advice(circuit)))


def _type(value: Value | None) -> tuple[tuple[int, ...], int]:
    return ((), 0) if value is None else (value.type.shape, value.type.interval.bits)


def _advice(circuit: Circuit) -> Iterator[str]:
    parts = {part.name: part.constraints for part in costs(circuit)}
    for node in circuit.graph.nodes:
        saved = parts[node.name] - _by_shift(node, circuit)
        if node.op in COSTLY and saved > 0:
            yield (
                f"node {node.name!r}: with a power-of-two ratio it would take about {saved:,} "
                "constraints fewer (zkpot quantize chooses such scales)"
            )
    if circuit.weight_bits == FULL_BITS:
        weights = sum(p.type.size for p in circuit.graph.parameters)
        yield (
            f"7-bit weights would take about {weights:,} constraints fewer "
            "(zkpot quantize --weight-bits 7)"
        )


def _by_shift(node: Node, circuit: Circuit) -> int:
    """What requantizing by a power of two costs: B + 5 an element (design 3.5)."""
    bits = circuit.graph.value(node.inputs[0]).type.interval.bits
    return circuit.samples * node.output.type.size * (bits + 5)
