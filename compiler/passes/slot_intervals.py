"""Requirement: linear layers. Ensures: an enforced interval for every element of their outputs.

Design 3.2: Σ y_j·2^(stride·j) determines its slots if max(h, U) - min(l, L) < 2^stride, where
[l, h] holds every exact output for any parameters in their declared range, and [L, U] is what the
readers' constraints force without using the challenge. Where no reader supplies [L, U], a range
check is inserted: behind the whole output, or on those elements that nobody reads.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ops
from ..ir import Graph, Interval, Node, TensorType, Value
from ..ops.base import IntArray
from ..program import Program, derived, insert_after
from .bounds import enforced_elements


def undetermined(graph: Graph) -> list[Node]:
    """The nodes whose outputs their own constraints leave open."""
    return [node for node in graph.nodes if not ops.of(node).output_determined]


def _check(node: Node, value: Value, honest: Interval) -> Node:
    check = derived(node, "range", "range_check", value)
    return check.with_attrs(lo=honest.lo, bits=max(honest.bits, 2))


def _strays(node: Node, missing: IntArray, honest: Interval) -> tuple[Node, Node]:
    """The elements that nobody bounds, by themselves, and their range check."""
    index = tuple(map(int, missing))
    stray = Value(
        f"{node.output.name}.unread", TensorType((len(index),), node.output.type.interval)
    )
    picked = Node("select", f"{node.name}.unread", (node.output.name,), stray, {"index": index})
    return picked, _check(node, stray, honest)


def slot_intervals(program: Program) -> Program:
    """``program`` with range checks where due."""
    for node in undetermined(program.graph):
        found = enforced_elements(program.graph, node.output.name)
        honest = program.honest(node.output.name)
        nodes = program.graph.nodes
        if len(found.missing) == node.output.type.size:
            checked = insert_after(nodes, node, _check(node, node.output, honest))
        elif len(found.missing):
            at = nodes.index(node) + 1
            checked = (*nodes[:at], *_strays(node, found.missing, honest), *nodes[at:])
        else:
            continue
        program = replace(program, graph=replace(program.graph, nodes=checked))
    return program
