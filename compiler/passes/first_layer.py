"""Requirement: dense nodes. Ensures: the one on the public data is folded, the rest packed."""

from __future__ import annotations

from dataclasses import replace

from ..errors import InputError
from ..ir import Node
from ..program import Program


def first_layer(program: Program) -> Program:
    """Chooses how each dense layer is proven; refuses data that anything but one dense reads."""
    graph = program.graph
    readers = list(graph.consumers(graph.data.name))
    if len(readers) != 1 or readers[0].op != "dense":
        names = ", ".join(f"{n.op} {n.name!r}" for n in readers) or "nothing"
        raise InputError(
            f"the model's input is read by {names}",
            why="the public test set is folded into one linear layer, which alone may read it",
            remedy="let the first operation on the quantized input be one MatMul or Gemm",
        )

    def chosen(node: Node) -> Node:
        if node.op != "dense":
            return node
        return replace(node, op="dense_folded" if node is readers[0] else "dense_packed")

    return program.with_nodes(tuple(map(chosen, graph.nodes)))
