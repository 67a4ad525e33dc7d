"""Dense: x·weight + bias over the integers, the accumulators of MatMul and Gemm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph, Interval, Node, TensorType
from .base import IntArray, Op, int_attr, zeros


def worst_case(x: Interval, weight: IntArray, bias: IntArray | None) -> tuple[IntArray, IntArray]:
    """Each channel's exact lowest and highest accumulator over every x in its interval.

    weight: (K, M), bias: (1, M); source: design 3.5, Σ_k max over the interval of x·w, plus bias.
    """
    low, high = weight * x.lo, weight * x.hi
    offset = np.int64(0) if bias is None else bias[0]
    return np.minimum(low, high).sum(0) + offset, np.maximum(low, high).sum(0) + offset


class Dense(Op):
    """inputs x: (K,), weight: (K, M), bias: (1, M) or absent; output (M,)."""

    name = "dense"
    circuit_level = False
    output_determined = False
    accumulates = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        x, weight = inputs[0].interval, inputs[1].interval
        products = [a * b for a in (x.lo, x.hi) for b in (weight.lo, weight.hi)]
        depth, width = inputs[1].shape
        bias = inputs[2].interval if len(inputs) == 3 else Interval(0, 0)
        low, high = depth * min(products) + bias.lo, depth * max(products) + bias.hi
        return TensorType((width,), Interval(low, high))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        out = inputs[0] @ inputs[1]
        return out + inputs[2] if len(inputs) == 3 else out


def dimensions(node: Node, graph: Graph) -> tuple[int, int, int]:
    """K, M, and 1 if there is a bias."""
    depth, width = graph.value(node.inputs[1]).type.shape
    return depth, width, int(len(node.inputs) == 3)


def bias_input(node: Node, width: int) -> str:
    """The bias, or constant zeros where there is none."""
    return node.inputs[2] if len(node.inputs) == 3 else zeros(width)


def group_sizes(node: Node, width: int) -> list[int]:
    """How many outputs each packed group holds."""
    slots = int_attr(node, "slots")
    return [min(slots, width - start) for start in range(0, width, slots)]
