"""Requantize as onnxruntime computes it, in float32; lowered to an exact integer form by a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Interval, Node, TensorType
from .base import IntArray, Op, float_attr, int_attr


def per_element(values: Sequence[Any] | np.ndarray, size: int) -> np.ndarray:
    """One value a channel as one an element: channels are equal blocks, in order, of a sample."""
    vector = np.atleast_1d(np.asarray(values))
    return np.repeat(vector, size // len(vector))


def float_steps(node: Node, acc: IntArray) -> IntArray:
    """The centred output for accumulators acc: (..., size), int64.

    fused: rint(float32(acc)·(scale / divisor)), as MLAS does in its integer kernels;
    unfused: rint((float32(acc)·scale) / divisor), as DequantizeLinear then QuantizeLinear do.
    """
    scale = np.array(node.attrs["scale"], np.float32)
    if scale.ndim:
        scale = per_element(scale, acc.shape[-1])
    divisor = float_attr(node, "divisor")
    value = acc.astype(np.float32)
    scaled = value * (scale / divisor) if node.attrs["fused"] else (value * scale) / divisor
    bounded = np.clip(np.rint(scaled), int_attr(node, "lo"), int_attr(node, "hi"))
    return bounded.astype(np.int64)


class Requantize(Op):
    """attrs scale: one float32 or one a channel (see `per_element`); divisor: float32; lo, hi:
    centred clip bounds."""

    name = "requantize"
    circuit_level = False

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return float_steps(node, inputs[0])
