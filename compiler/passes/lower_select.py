"""Requirement: any selects. Ensures: none reads more inputs than its template takes.

The inputs are joined two at a time, in rounds, so that an element passes through few nodes; only
what the select reads is joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import ops
from ..ir import Node, TensorType, Value
from ..ops.base import IntArray, ints_attr
from ..ops.select import MOST_INPUTS, ZERO
from ..program import Program


@dataclass(frozen=True)
class _Part:
    """A value, and for each of its elements the place in the concatenation of all inputs."""

    value: Value
    places: IntArray


def _select(name: str, output: str, parts: Sequence[_Part], wanted: IntArray) -> Node:
    """The elements at the places ``wanted``, each of which some part holds, or `ZERO`."""
    held = np.concatenate([part.places for part in parts])
    order = np.argsort(held)
    found = order[np.searchsorted(held[order], np.maximum(wanted, held.min()))]
    index = tuple(np.where(wanted == ZERO, ZERO, found).tolist())
    inputs = tuple(part.value.name for part in parts)
    types = [part.value.type for part in parts]
    node = Node("select", name, inputs, Value(output, types[0]), {"index": index})
    return Node("select", name, inputs, Value(output, ops.of(node).infer(node, types)), node.attrs)


def _joined(node: Node, number: int, pair: Sequence[_Part], read: IntArray) -> tuple[Node, _Part]:
    places = np.concatenate([part.places for part in pair])
    places = places[np.isin(places, read)]
    name = f"joined{number}"
    joined = _select(f"{node.name}.{name}", f"{node.output.name}.{name}", pair, places)
    return joined, _Part(joined.output, places)


def paired(node: Node, types: Sequence[TensorType]) -> list[Node]:
    """Nodes of at most two inputs each, the last of them with ``node``'s name and output.

    ``types``: of node's inputs.
    """
    if len(node.inputs) <= MOST_INPUTS:
        return [node]
    index = np.array(ints_attr(node, "index"), np.int64)
    starts = np.cumsum([0, *(t.size for t in types)])
    parts = [
        _Part(Value(name, type_), np.arange(start, start + type_.size))
        for name, type_, start in zip(node.inputs, types, starts, strict=False)
    ]
    parts = [part for part in parts if np.isin(part.places, index).any()] or parts[:1]
    nodes: list[Node] = []
    while len(parts) > MOST_INPUTS:
        pair, parts = parts[:2], parts[2:]
        joined, part = _joined(node, len(nodes), pair, index)
        nodes.append(joined)
        parts.append(part)
    return [*nodes, _select(node.name, node.output.name, parts, index)]


def lower_select(program: Program) -> Program:
    """``program`` with every select of many inputs made of selects of two."""
    graph = program.graph
    nodes = [
        one
        for node in graph.nodes
        for one in (
            paired(node, [graph.value(i).type for i in node.inputs])
            if node.op == "select"
            else [node]
        )
    ]
    return program.with_nodes(tuple(nodes))
