"""Select: elements copied from where an index says; every movement of data is this."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..ir import Interval, Node, TensorType
from .base import IntArray, Op, ints_attr

ZERO = -1
"""The index of the constant 0."""


class Select(Op):
    """attrs index: for each element of the output, its place in the concatenation of the inputs,
    or `ZERO`."""

    name = "select"

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
