"""SumPool: the sum of each window, padding counting 0; average pools are this, requantized."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Interval, Node, TensorType
from .base import IntArray, Op
from .geometry import PADDING, geometry


def tap_counts(node: Node) -> IntArray:
    """How many elements of the image each window of a channel holds; (positions,)."""
    counts: IntArray = (geometry(node).taps != PADDING).sum(axis=1)
    return counts


class SumPool(Op):
    """attrs: a geometry's; x: (C·H·W,), output (C·OH·OW,)."""

    name = "sum_pool"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        windows, interval = geometry(node), inputs[0].interval
        counts = [int(count) for count in set(tap_counts(node).tolist())]
        lowest = min(count * interval.lo for count in counts)
        highest = max(count * interval.hi for count in counts)
        size = windows.image[0] * windows.positions
        return TensorType((size,), Interval(lowest, highest))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        sums: IntArray = geometry(node).windows(inputs[0]).sum(axis=3)
        return sums.reshape(len(sums), -1)
