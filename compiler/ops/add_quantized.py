"""AddQuantized: onnxruntime's QLinearAdd in float32; lowered to Add and a requantization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Interval, Node, TensorType
from .base import IntArray, Op, float_attr, int_attr


def _fma(x: np.ndarray, y: np.float32, z: np.ndarray) -> np.ndarray:
    """float32 fused multiply-add: x·y + z is exact in float64 up to one rounding for |x| <= 255."""
    return (x.astype(np.float64) * np.float64(y) + z.astype(np.float64)).astype(np.float32)


def quantized_sum(node: Node, a: IntArray, b: IntArray) -> IntArray:
    """The centred sum of centred a and b.

    onnxruntime (MLAS, AVX2): rint(fma(A, a, fma(B, b, zero_c - (A·zero_a + B·zero_b)))) on the raw
    bytes, A = scale_a / scale_c, B = scale_b / scale_c; so the zero point is in before rounding.
    """
    scales = [float_attr(node, f"scale_{k}") for k in "abc"]
    zeros = [int_attr(node, f"zero_{k}") for k in "abc"]
    ratio_a, ratio_b = scales[0] / scales[2], scales[1] / scales[2]
    zero_a, zero_b, zero_c = map(np.float32, zeros)
    fixed = np.asarray(zero_c - (ratio_a * zero_a + ratio_b * zero_b))
    total = _fma(a + zeros[0], ratio_a, _fma(b + zeros[1], ratio_b, fixed))
    low, high = int_attr(node, "lo"), int_attr(node, "hi")
    rounded: IntArray = np.clip(np.rint(total).astype(np.int64) - zeros[2], low, high)
    return rounded


class AddQuantized(Op):
    """attrs scale_a, scale_b, scale_c: float32; zero_a, zero_b, zero_c; lo, hi: centred bounds."""

    name = "add_quantized"
    circuit_level = False

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return quantized_sum(node, inputs[0], inputs[1])
