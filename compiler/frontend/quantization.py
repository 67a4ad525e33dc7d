"""QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

import math

import numpy as np
import onnx

from ..ir import Quantization
from .onnx_file import attribute
from .reading import (
    Reading,
    activation,
    node_name,
    quantized_value,
    refusal,
    scale_attribute,
    zero_point,
)
from .tensors import Floats, Head, Integer, RawInput, Real, RealConstant, RealSum, Tensor

EIGHT_BITS = ("uint8", "int8")


def quantize_linear(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """saturate(rint(x / scale) + zero_point), per tensor."""
    source = reading.tensor(node, 0)
    divisor = reading.floats(node, 1, "scale")
    zero, dtype = zero_point(reading, node, 2)
    if divisor.ndim or zero.ndim:
        raise refusal(node, "an activation is quantized per channel", "quantize it per tensor")
    if dtype not in EIGHT_BITS:
        raise refusal(node, f"it quantizes an activation to {dtype}", "use uint8 or int8")
    return requantized(reading, node, source, divisor, int(zero), dtype)


def requantized(
    reading: Reading, node: onnx.NodeProto, source: Tensor, divisor: Floats, zero: int, dtype: str
) -> Integer:
    """``source`` as an 8-bit tensor of this scale and zero point."""
    name, output = node_name(node), node.output[0]
    if isinstance(source, RawInput):
        if source.dtype != "float32":
            raise refusal(node, f"it quantizes an input of type {source.dtype}", "use float32")
        data = quantized_value(output, source.shape, dtype, zero)
        reading.set_data(node, data, Quantization(float(divisor), zero, dtype))
        return Integer(source.shape, output, zero)
    if isinstance(source, Head):
        raise refusal(
            node,
            f"it quantizes the result of {source.operator}, which changes the argmax",
            "leave the last Softmax out of quantization (nodes_to_exclude), or drop it",
        )
    if isinstance(source, Integer | RealConstant):
        raise refusal(node, "its input is quantized already", "dequantize it first")
    lo, hi = clip_bounds(source, divisor, zero, dtype)
    if isinstance(source, RealSum):
        value = _sum(reading, source, output, divisor, zero, lo, hi)
    else:
        value = reading.emit(
            "requantize",
            name,
            (source.value,),
            output,
            scale=scale_attribute(source.scale),
            divisor=float(divisor),
            fused=source.fused and not source.clipped,
            lo=lo,
            hi=hi,
        )
    return Integer(source.shape, value, zero)


def clip_bounds(source: Real | RealSum, divisor: Floats, zero: int, dtype: str) -> tuple[int, int]:
    """Centred bounds: the type's, and Relu's or Clip's quantized (rounding is monotone)."""
    limits = np.iinfo(np.uint8 if dtype == "uint8" else np.int8)
    lo, hi = int(limits.min) - zero, int(limits.max) - zero
    if source.low > -math.inf:
        lo = min(max(lo, int(np.rint(np.float32(source.low) / divisor))), hi)
    if source.high < math.inf:
        hi = max(min(hi, int(np.rint(np.float32(source.high) / divisor))), lo)
    return lo, hi


def _sum(
    reading: Reading, source: RealSum, output: str, divisor: Floats, zero: int, lo: int, hi: int
) -> str:
    return reading.emit(
        "add_quantized",
        source.node,
        (source.a.value, source.b.value),
        output,
        scale_a=float(source.a.scale),
        scale_b=float(source.b.scale),
        scale_c=float(divisor),
        zero_a=source.a.zero_point,
        zero_b=source.b.zero_point,
        zero_c=zero,
        lo=lo,
        hi=hi,
    )


def dequantize_linear(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """(q - zero_point)·scale; of a constant, per tensor or along an axis."""
    scale = reading.floats(node, 1, "scale")
    zero, _ = zero_point(reading, node, 2)
    if node.input[0] in reading.constants:
        return dequantized_constant(reading, node, scale, attribute(node, "axis", 1))
    if scale.ndim or zero.ndim:
        raise refusal(node, "an activation is dequantized per channel", "quantize it per tensor")
    source = activation(reading, node, 0, int(zero))
    return Real(source.shape, source.value, scale, fused=False, zero_point=source.zero_point)


def dequantized_constant(
    reading: Reading, node: onnx.NodeProto, scale: Floats, axis: int
) -> RealConstant:
    raw = reading.constant(node, 0, "input")
    zero, _ = zero_point(reading, node, 2)
    if raw.dtype not in (np.int8, np.uint8, np.int32):
        raise refusal(node, f"its constant is {raw.dtype}", "use int8, uint8 or int32 constants")
    centred = raw.astype(np.int64) - _along(zero, raw.ndim, axis)
    return RealConstant(node.input[0], centred, scale, zero, str(raw.dtype))


def _along(zero: np.ndarray, rank: int, axis: int) -> np.ndarray:
    if not zero.ndim or rank == 1:
        return zero
    shape = [1] * rank
    shape[axis] = -1
    return zero.reshape(shape)
