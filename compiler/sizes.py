"""Wires and non-zeros of a whole circuit, before it is compiled."""

from __future__ import annotations

from . import ops
from .circuit import Circuit
from .ops.size import NOTHING, Size, bits_size, total
from .passes.absorption import Packing
from .poseidon import RATE


def circuit_size(circuit: Circuit) -> Size:
    """The whole R1CS: the constant 1, every input, and what the parts add."""
    plan, graph = circuit.absorption, circuit.graph
    outputs = sum(p.count for p in plan.challenge)
    inputs = circuit.public_signals - 3 + 2 + outputs + sum(p.type.size for p in graph.parameters)
    return total([Size(1 + inputs, 0, 0), *part_sizes(circuit)])


def part_sizes(circuit: Circuit) -> list[Size]:
    """What each part adds, in the order of `costs`."""
    plan, graph = circuit.absorption, circuit.graph
    parts = [bits_size(p.type.interval.bits).times(p.type.size) for p in graph.parameters]
    for length, packings in (
        (plan.commitment_length, plan.commitment),
        (plan.challenge_length, plan.challenge),
    ):
        parts.append(total([_sponge(length), *map(_packing, packings)]))
    if circuit.powers:
        parts.append(Size(1, 2, 1).times(circuit.powers - 2))
    parts += [ops.of(node).size(node, graph, circuit.samples) for node in graph.nodes]
    return parts


def _packing(packing: Packing) -> Size:
    if packing.slots == 1:
        return NOTHING
    return Size(packing.elements, 0, packing.count + packing.elements)


def _sponge(length: int) -> Size:
    """lib/poseidon.circom: the first block reads a constant, a later one the 17 lanes before it."""
    first = min(length, RATE)
    size = Size(613, 10_489 + 7 * first, 4_166 - 2 * first)
    for start in range(RATE, length, RATE):
        size += Size(612, 11_424 + 3 * min(length - start, RATE), 4_114)
    return size
