"""Relu and Clip, which need no table."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

import onnx

from .onnx_file import attribute
from .reading import Reading, refusal
from .tensors import Function, Parts, Real, RealMean, RealPair, Tensor
from .unary import pointwise

Bounded: TypeAlias = Real | RealMean | RealPair


def relu(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """max(x, 0)."""
    return _between(reading, node, 0.0, math.inf)


def clip(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """min(max(x, low), high); the bounds are attributes up to operator set 10, then inputs."""
    bounds = [float(attribute(node, "min", -math.inf)), float(attribute(node, "max", math.inf))]
    for position in (1, 2):
        if position < len(node.input) and node.input[position]:
            bounds[position - 1] = float(reading.constant(node, position, "bound").item())
    return _between(reading, node, bounds[0], bounds[1])


def _between(reading: Reading, node: onnx.NodeProto, low: float, high: float) -> Tensor:
    source = reading.tensor(node, 0)
    if math.isnan(low) or math.isnan(high) or low > high:
        raise refusal(node, f"its bounds are {low} and {high}", "give a lower and an upper bound")
    if isinstance(source, Function):
        return pointwise(reading, node)
    if isinstance(source, Parts) and all(isinstance(p, Bounded) for p in source.parts):
        return _parts_between(node, source, low, high)
    if not isinstance(source, Bounded):
        raise refusal(node, "its input is not a dequantized tensor", "dequantize it first")
    return _narrowed(source, low, high)


def _narrowed(source: Bounded, low: float, high: float) -> Bounded:
    bounded_low = min(max(source.low, low), high)
    bounded_high = max(min(source.high, high), bounded_low)
    return replace(source, low=bounded_low, high=bounded_high)


def _parts_between(node: onnx.NodeProto, source: Parts, low: float, high: float) -> Parts:
    if -1 in source.index and not low <= 0 <= high:
        raise refusal(node, f"its bounds {low} and {high} exclude the padding, 0", "pad behind it")
    parts = [_narrowed(p, low, high) for p in source.parts if isinstance(p, Bounded)]
    return replace(source, parts=tuple(parts))
