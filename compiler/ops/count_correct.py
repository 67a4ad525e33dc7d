"""CountCorrect: how many samples have their label as the argmax, ties to the lowest index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..field import PACK_BITS
from ..ir import Graph, Interval, Node, TensorType
from .base import LABELS, Gadget, IntArray, Op, int_attr
from .size import Size


class CountCorrect(Op):
    """inputs: logits (C,); attrs lo, bits: honest logits lie in [lo, lo + 2^(bits-1))."""

    name = "count_correct"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType((), Interval(0, 1))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        """inputs: logits (n, C), labels (n,)."""
        return np.array((inputs[0].argmax(-1) == inputs[1]).sum())

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        classes = graph.value(node.inputs[0]).type.size
        parameters = (samples, classes, int_attr(node, "bits"), int_attr(node, "lo"))
        inputs = (node.inputs[0], LABELS)
        return Gadget("eval/count_correct.circom", "CountCorrect", parameters, inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        classes = graph.value(node.inputs[0]).type.size
        sample = classes * (int_attr(node, "bits") + 2) + 2
        # The sum of a single sample is that sample's signal and needs no equation.
        return samples * sample + -(-samples * classes // PACK_BITS) + (samples > 1)

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        classes, bits = graph.value(node.inputs[0]).type.size, int_attr(node, "bits")
        factors = 7 * bits * classes + 3 * classes * classes + 12 * classes - 5
        one = Size(classes * (bits + 1) + 1, factors, 2 * classes + 2)
        return one.times(samples) + Size(1, 0, 1)

    def strategy(self, node: Node) -> str:
        return f"signs of {int_attr(node, 'bits')}-bit differences of logits"

    def enforces(self, node: Node, position: int) -> Interval | None:
        """See LabelIsArgmax: the label's logit from its own check, the others' by difference."""
        lo, span = int_attr(node, "lo"), 1 << int_attr(node, "bits")
        return Interval(lo - span // 2, lo + span - 1)

    def accepts(self, node: Node, position: int) -> Interval | None:
        lo = int_attr(node, "lo")
        return Interval(lo, lo + (1 << (int_attr(node, "bits") - 1)) - 1)
