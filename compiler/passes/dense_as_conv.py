"""Requirement: a model graph. Ensures: every linear layer is a convolution (ADR 5).

A dense layer on K elements is a convolution of K channels of one pixel.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir import Graph, Node
from ..ops.geometry import flat
from ..program import Program


def _as_conv(node: Node, graph: Graph) -> Node:
    depth = graph.value(node.inputs[1]).type.shape[0]
    return replace(node, op="conv").with_attrs(**flat(depth).attrs, groups=1)


def dense_as_conv(program: Program) -> Program:
    """``program`` without dense layers."""
    graph = program.graph
    return program.with_nodes(
        tuple(_as_conv(n, graph) if n.op == "dense" else n for n in graph.nodes)
    )
