"""Multiply: the product of two tensors, element by element."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op
from .size import Size


class Multiply(Op):
    """inputs a: (M,), b: (M,) or a (1, M) parameter. Enforces nothing: a bound on a product bounds
    neither factor."""

    name = "multiply"
    model_level = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        a, b = (t.interval for t in inputs)
        products = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
        return TensorType(inputs[0].shape, Interval(min(products), max(products)))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return inputs[0] * inputs[1]

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        rows = 1 if graph.is_parameter(node.inputs[1]) else samples
        parameters = (samples, node.output.type.size, rows)
        return Gadget("nn/multiply.circom", "Multiply", parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return samples * node.output.type.size

    def strategy(self, node: Node) -> str:
        return "a product an element"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        return Size(1, 2, 1).times(samples * node.output.type.size)
