"""Dense: x·weight + bias over the integers, the accumulators of MatMul and Gemm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Interval, Node, TensorType
from .base import IntArray, Op


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
    model_level = True
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
