"""Requantize as onnxruntime computes it, in float32; lowered to an exact integer form by a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ir import Interval, Node, TensorType
from .base import IntArray, Op, float_attr, int_attr


def per_element(values: Sequence[Any] | np.ndarray, size: int) -> np.ndarray:
    """One value a channel as one an element: channels are equal blocks, in order, of a sample."""
    vector = np.atleast_1d(np.asarray(values))
    return np.repeat(vector, size // len(vector))


def float_steps(node: Node, acc: IntArray | NDArray[np.float32]) -> IntArray:
    """The centred output for accumulators acc: (..., size).

    fused: rint(float32(acc)·(scale / divisor)), as MLAS does in its integer kernels;
    unfused: rint((float32(acc)·scale) / divisor), as DequantizeLinear then QuantizeLinear do;
    count: what the dequantized sum is divided by first, to be a mean;
    zero: what a kernel adds in float32 before it rounds, and is taken off again (QLinearMul).
    """
    scale = per_element(_float32(node, "scale", 1), acc.shape[-1])
    count = per_element(_float32(node, "count", 1), acc.shape[-1])
    divisor = float_attr(node, "divisor")
    value = acc.astype(np.float32)
    scaled = value * (scale / divisor) if node.attrs["fused"] else value * scale / count / divisor
    zero = np.float32(int_attr(node, "zero") if "zero" in node.attrs else 0)
    rounded = np.rint(scaled + zero) - zero
    bounded = np.clip(rounded, int_attr(node, "lo"), int_attr(node, "hi"))
    return bounded.astype(np.int64)


def _float32(node: Node, name: str, default: int) -> np.ndarray:
    return np.array(node.attrs.get(name, default), np.float32)


class Requantize(Op):
    """attrs scale: one float32 or one a channel (see `per_element`); divisor: float32; fused, count
    (as scale; 1 if absent), zero (0 if absent): see `float_steps`; lo, hi: centred clip bounds."""

    name = "requantize"
    model_level = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return float_steps(node, inputs[0])
