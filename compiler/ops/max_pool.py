"""MaxPool: the largest element of each window; padding does not take part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..ir import Node, TensorType
from .base import IntArray, Op
from .geometry import PADDING, geometry


class MaxPool(Op):
    """attrs: a geometry's; x: (C·H·W,), output (C·OH·OW,)."""

    name = "max_pool"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        windows = geometry(node)
        if (windows.taps == PADDING).all(axis=1).any():
            raise InputError(
                f"a window of node {node.name!r} holds nothing but padding",
                why="the maximum of no values is no value",
                remedy="use smaller pads or no ceil_mode",
            )
        return TensorType((windows.image[0] * windows.positions,), inputs[0].interval)

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        lowest = int(np.iinfo(np.int64).min)
        largest: IntArray = geometry(node).windows(inputs[0], lowest).max(axis=3)
        return largest.reshape(len(largest), -1)
