"""Requirement: linear layers. Ensures: how the public data enter is decided.

Where only linear layers read the data, each is folded by the verifier (design 3.4), and no sample
is in the circuit. Otherwise the data become a witness that packed public inputs determine, and
every layer on them is proven like any other.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ops
from ..errors import InputError
from ..ir import Graph, Node, Value
from ..program import Program


def _only_linear(graph: Graph, readers: list[Node]) -> bool:
    name = graph.data.name
    return all(ops.of(n).accumulates and n.inputs.index(name) == 0 for n in readers)


def _as_witness(program: Program) -> Program:
    graph = program.graph
    name = graph.data.name
    inside = Value(f"{name}.witness", graph.data.type)
    entry = Node("public_data", f"{name} (public)", (name,), inside)

    def rewired(node: Node) -> Node:
        return replace(node, inputs=tuple(inside.name if i == name else i for i in node.inputs))

    return program.with_nodes((entry, *map(rewired, graph.nodes)))


def public_data(program: Program) -> Program:
    """``program`` with its first layers folded, or its data made a witness."""
    graph = program.graph
    readers = list(graph.consumers(graph.data.name))
    if not readers:
        raise InputError(
            "nothing reads the model's input",
            why="its output is the same for every sample",
            remedy="export the model again",
        )
    if not _only_linear(graph, readers):
        return _as_witness(program)
    folded = (replace(n, op="conv_folded") if n in readers else n for n in graph.nodes)
    return program.with_nodes(tuple(folded))
