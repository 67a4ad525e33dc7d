"""Requirement: a model graph and accumulator intervals. Ensures: declared parameter ranges.

A declared range is a power-of-two window, exactly what its range check enforces, so that worst
cases computed from it hold for every satisfying witness. It never depends on a weight's value.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ops
from ..ir import Graph, Interval, Node, TensorType, Value
from ..program import Program


def window_for(interval: Interval) -> Interval:
    """The smallest signed window [-2^(b-1), 2^(b-1) - 1] that holds ``interval``, b >= 2."""
    bits = max((-interval.lo - 1).bit_length(), interval.hi.bit_length(), 1)
    return Interval(-(1 << bits), (1 << bits) - 1)


def _declared(program: Program, parameter: Value, weight_bits: int) -> Interval:
    """The union of what its readers want: biases as wide as accumulators, weights as declared."""
    found: Interval | None = None
    for reader in program.graph.consumers(parameter.name):
        wanted = _wanted(program, parameter, reader, weight_bits)
        found = wanted if found is None else found.union(wanted)
    full = parameter.type.interval if found is None else found
    return Interval(full.lo, full.lo + (1 << full.bits) - 1)


def _wanted(program: Program, parameter: Value, reader: Node, weight_bits: int) -> Interval:
    full = parameter.type.interval
    if not ops.of(reader).accumulates:
        return full
    if reader.inputs.index(parameter.name) == 2:
        return window_for(program.honest(reader.output.name))
    narrow = Interval(-(1 << (weight_bits - 1)), (1 << (weight_bits - 1)) - 1)
    return narrow if narrow in full else full


def declare(program: Program, weight_bits: int) -> Program:
    """``weight_bits``: declared width of dense weights whose zero point is 0."""
    declared = tuple(
        replace(p, type=replace(p.type, interval=_declared(program, p, weight_bits)))
        for p in program.graph.parameters
    )
    return infer_types(replace(program, graph=replace(program.graph, parameters=declared)))


def infer_types(program: Program) -> Program:
    """Output types computed anew from the parameters' and the data's."""
    graph = program.graph
    known: dict[str, TensorType] = {p.name: p.type for p in graph.parameters}
    known[graph.data.name] = graph.data.type
    nodes = []
    for node in graph.nodes:
        inferred = ops.of(node).infer(node, [known[i] for i in node.inputs])
        known[node.output.name] = inferred
        nodes.append(replace(node, output=Value(node.output.name, inferred)))
    return program.with_nodes(tuple(nodes))


def graph_types(graph: Graph) -> Graph:
    """`infer_types` for a graph outside a program."""
    return infer_types(Program(graph, 1)).graph
