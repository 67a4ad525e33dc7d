"""Add: an integer combination of two tensors (or a tensor and a parameter row)."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, int_attr
from .size import Size


class Add(Op):
    """attrs scale_a, scale_b; out = scale_a·a + scale_b·b. b may be a (1, M) parameter."""

    name = "add"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        terms = [
            sorted((int_attr(node, key) * t.interval.lo, int_attr(node, key) * t.interval.hi))
            for key, t in zip(("scale_a", "scale_b"), inputs, strict=True)
        ]
        return TensorType(inputs[0].shape, Interval(*map(sum, zip(*terms, strict=True))))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return int_attr(node, "scale_a") * inputs[0] + int_attr(node, "scale_b") * inputs[1]

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        rows = 1 if graph.is_parameter(node.inputs[1]) else samples
        scales = int_attr(node, "scale_a"), int_attr(node, "scale_b")
        parameters = (samples, node.output.type.size, *scales, rows)
        return Gadget("nn/add.circom", "Add", parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return samples * node.output.type.size

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        return Size(1, 0, 3).times(samples * node.output.type.size)

    def strategy(self, node: Node) -> str:
        return "linear"
