"""Requirement: packed dense nodes. Ensures: a stride at which every slot is determined.

Design 3.2: Σ y_j·2^(stride·j) determines its slots if max(h, U) - min(l, L) < 2^stride, where
[l, h] holds every exact output for any parameters in their declared range, and [L, U] is what the
readers' constraints force without using the challenge. Where no reader supplies [L, U], a range
check is inserted; where there is still none, nothing is emitted.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ops
from ..errors import SoundnessError
from ..field import PACK_BITS
from ..ir import Graph, Interval, Node
from ..program import Program, derived, insert_after


def enforced(graph: Graph, name: str) -> Interval | None:
    """The intersection of what the readers of ``name`` force it into, or None."""
    found: Interval | None = None
    for reader in graph.consumers(name):
        for position, read in enumerate(reader.inputs):
            one = ops.of(reader).enforces(reader, position) if read == name else None
            if one is not None:
                found = one if found is None else found.intersection(one)
    return found


def accepted(graph: Graph, name: str) -> Interval:
    """The values of ``name`` for which every reader, and whoever reads on, has an assignment."""
    found = graph.value(name).type.interval
    for reader in graph.consumers(name):
        op = ops.of(reader)
        if op.passes_on:
            found = found.intersection(op.preimage(reader, accepted(graph, reader.output.name)))
        for position, read in enumerate(reader.inputs):
            one = op.accepts(reader, position) if read == name else None
            if one is not None:
                found = found.intersection(one)
    return found


def _undetermined(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if not ops.of(node).output_determined]


def _checked(program: Program, node: Node) -> Program:
    """The program with a range check on node's output if no reader bounds it."""
    if enforced(program.graph, node.output.name) is not None:
        return program
    honest = program.honest(node.output.name)
    check = derived(node, "range", "range_check", node.output).with_attrs(
        lo=honest.lo, bits=max(honest.bits, 2)
    )
    return program.with_nodes(insert_after(program.graph.nodes, node, check))


def _laid_out(program: Program, node: Node) -> Node:
    forced = enforced(program.graph, node.output.name)
    if forced is None:
        raise SoundnessError(
            f"no constraint bounds the output of {node.op} {node.name!r}",
            why="a packed slot without an enforced interval satisfies any packed equation",
        )
    stride = node.output.type.interval.union(forced).bits
    if stride > PACK_BITS:
        raise SoundnessError(f"a slot of {node.op} {node.name!r} needs {stride} bits")
    layout = node.with_attrs(slots=PACK_BITS // stride, stride=stride)
    return layout.with_attrs(hash_stride=forced.bits) if node.op == "dense_folded" else layout


def slot_intervals(program: Program) -> Program:
    """``program`` with a layout for every packed layer, range checks added where due."""
    for node in _undetermined(program.graph):
        program = _checked(program, node)
    undetermined = _undetermined(program.graph)
    nodes = tuple(
        _laid_out(program, node) if node in undetermined else node for node in program.graph.nodes
    )
    return replace(program, graph=replace(program.graph, nodes=nodes))
