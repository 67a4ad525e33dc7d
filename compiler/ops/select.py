"""Select: elements copied from where an index says; every movement of data is this."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError, SoundnessError
from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Mask, Op, Parameter, ints_attr
from .size import NOTHING, Size

ZERO = -1
"""The index of the constant 0."""

MOST_INPUTS = 2
"""Inputs of one template; see passes/lower_select.py."""


class Select(Op):
    """attrs index: for each element of the output, its place in the concatenation of the inputs,
    or `ZERO`. Free: the circuit gives old signals new names."""

    name = "select"
    model_level = True
    passes_on = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        index = np.array(ints_attr(node, "index"), np.int64)
        ends = np.cumsum([t.size for t in inputs])
        if index.min(initial=0) < ZERO or index.max(initial=0) >= ends[-1]:
            raise InputError(
                f"node {node.name!r} reads outside its inputs",
                why=f"they hold {ends[-1]} elements",
                remedy="export the model anew",
            )
        read = set(np.searchsorted(ends, index[index != ZERO], side="right").tolist())
        intervals = [inputs[i].interval for i in sorted(read)]
        if (index == ZERO).any():
            intervals.append(Interval(0, 0))
        found = intervals[0]
        for interval in intervals[1:]:
            found = found.union(interval)
        return TensorType((len(index),), found)

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        zero = np.zeros((len(inputs[0]), 1), inputs[0].dtype)
        joined = np.concatenate([*inputs, zero], axis=1)
        # The last column is what index -1 means.
        return joined[:, np.array(ints_attr(node, "index"), np.int64)]

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        index, sizes = ints_attr(node, "index"), input_sizes(node, graph)
        if len(sizes) > MOST_INPUTS:
            raise SoundnessError(
                f"select {node.name!r} reached emission with {len(sizes)} inputs",
                why="the pass lower_select should have paired them",
            )
        template = "Select" if len(sizes) == 1 else "SelectOfTwo"
        parameters: tuple[Parameter, ...] = (samples, *sizes, len(index), index)
        return Gadget("nn/select.circom", template, parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return 0

    def strategy(self, node: Node) -> str:
        return "free: other names for the same signals"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        return NOTHING

    def ties(self, node: Node, graph: Graph, position: int, outputs: Mask) -> Mask | None:
        sizes = input_sizes(node, graph)
        start = sum(sizes[:position])
        copied = np.array(ints_attr(node, "index"), np.int64)[outputs] - start
        tied = np.zeros(sizes[position], bool)
        tied[copied[(copied >= 0) & (copied < sizes[position])]] = True
        return tied

    def preimage(self, node: Node, output: Interval) -> Interval:
        return output


def input_sizes(node: Node, graph: Graph) -> list[int]:
    """Elements of each input."""
    return [graph.value(name).type.size for name in node.inputs]
