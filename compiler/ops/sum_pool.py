"""SumPool: the sum of each window, padding counting 0; average pools are this, requantized."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op
from .geometry import PADDING, geometry
from .pooling import template_parameters
from .size import Size, total


def tap_counts(node: Node) -> IntArray:
    """How many elements of the image each window of a channel holds; (positions,)."""
    counts: IntArray = (geometry(node).taps != PADDING).sum(axis=1)
    return counts


class SumPool(Op):
    """attrs: a geometry's; x: (C·H·W,), output (C·OH·OW,). Enforces nothing and
    ties nothing: a bound on a sum bounds none of its terms."""

    name = "sum_pool"
    model_level = True
    passes_on = True

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

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        parameters = (samples, *template_parameters(geometry(node)))
        return Gadget("nn/sum_pool.circom", "SumPool", parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return samples * geometry(node).image[0] * int((tap_counts(node) > 1).sum())

    def strategy(self, node: Node) -> str:
        return "linear"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        sums = [Size(1, 0, count + 1) for count in tap_counts(node).tolist() if count > 1]
        return total(sums).times(samples * geometry(node).image[0])

    def preimage(self, node: Node, output: Interval) -> Interval:
        counts = [max(count, 1) for count in tap_counts(node).tolist()]
        return Interval(
            max(-(-output.lo // count) for count in counts), min(output.hi // c for c in counts)
        )
