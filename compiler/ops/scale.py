"""Scale: an integer factor a channel, for logits whose channels have scales of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, ints_attr
from .size import Size


class Scale(Op):
    """attrs factor: positive, one a channel. Enforces nothing: see circuits/nn/scale.circom."""

    name = "scale"
    model_level = True
    passes_on = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        factor, interval = ints_attr(node, "factor"), inputs[0].interval
        lowest, highest = ([f * end for f in factor] for end in (interval.lo, interval.hi))
        return TensorType(inputs[0].shape, Interval(min(lowest), max(highest)))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        scaled: IntArray = inputs[0] * np.array(ints_attr(node, "factor"), object)
        return scaled

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        factor = ints_attr(node, "factor")
        return Gadget("nn/scale.circom", "Scale", (samples, len(factor), factor), node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return samples * sum(f != 1 for f in ints_attr(node, "factor"))

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        return Size(1, 0, 2).times(samples * node.output.type.size)

    def strategy(self, node: Node) -> str:
        return "integer factors"

    def preimage(self, node: Node, output: Interval) -> Interval:
        factor = ints_attr(node, "factor")
        return Interval(
            max(-(-output.lo // f) for f in factor), min(output.hi // f for f in factor)
        )
