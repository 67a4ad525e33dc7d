"""Relu, Clip, Add and onnxruntime's QLinearAdd."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx

from .dense import check_bias_scale
from .quantization import EIGHT_BITS, requantized
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import Real, RealConstant, RealSum, Tensor


def _clipped(reading: Reading, node: onnx.NodeProto, low: float, high: float) -> Tensor:
    source = reading.tensor(node, 0)
    if not isinstance(source, Real | RealSum):
        raise refusal(node, "its input is not a dequantized tensor", "dequantize it first")
    bounded_low = min(max(source.low, low), high)
    bounded_high = max(min(source.high, high), bounded_low)
    return replace(source, low=bounded_low, high=bounded_high)


def relu(reading: Reading, node: onnx.NodeProto) -> Tensor:
    return _clipped(reading, node, 0.0, float("inf"))


def clip(reading: Reading, node: onnx.NodeProto) -> Tensor:
    bounds = [-float("inf"), float("inf")]
    for position in (1, 2):
        if position < len(node.input) and node.input[position]:
            bounds[position - 1] = float(reading.constant(node, position, "bound").item())
    return _clipped(reading, node, bounds[0], bounds[1])


def add(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A sum of two dequantized tensors, or a bias behind a MatMul that has none."""
    a, b = reading.tensor(node, 0), reading.tensor(node, 1)
    if isinstance(a, RealConstant):
        a, b = b, a
        swapped = True
    else:
        swapped = False
    if isinstance(a, Real) and a.zero_point is None and isinstance(b, RealConstant):
        return _biased(reading, node, a, b)
    if not isinstance(a, Real) or a.zero_point is None or a.clipped:
        raise refusal(node, f"its input {node.input[0]!r} is not quantized", "quantize that tensor")
    other = _constant_row(reading, node, b, a.shape) if isinstance(b, RealConstant) else b
    if not isinstance(other, Real) or other.zero_point is None or other.shape != a.shape:
        raise refusal(
            node, f"its input {node.input[1]!r} is no quantized tensor of the same shape",
            "quantize that tensor",
        )
    left, right = (other, a) if swapped else (a, other)
    return RealSum(a.shape, node_name(node), left, right)


def _biased(reading: Reading, node: onnx.NodeProto, acc: Real, bias: RealConstant) -> Real:
    """The dense node behind ``acc`` again, with a bias; the old one is dead code."""
    source = next(n for n in reading.nodes if n.output.name == acc.value)
    if bias.dtype != "int32" or len(source.inputs) == 3 or acc.clipped:
        raise refusal(
            node,
            "it adds to an accumulator that is not quantized",
            "quantize the MatMul's output, or use Gemm with an int32 bias",
        )
    check_bias_scale(node, bias, acc.scale)
    row = np.broadcast_to(bias.integers.reshape(1, -1), (1, acc.shape[-1]))
    name = reading.parameter(bias.name, row, bias.range)
    value = reading.emit("dense", source.name, (*source.inputs, name), f"{node.output[0]}.acc")
    return replace(acc, value=value)


def _constant_row(
    reading: Reading, node: onnx.NodeProto, constant: RealConstant, shape: tuple[int, ...]
) -> Real:
    """An 8-bit constant as a private parameter of one row."""
    size = int(np.prod(shape))
    eight_bits = constant.dtype in EIGHT_BITS
    if not eight_bits or constant.scale.ndim or constant.zero_point.ndim:
        raise refusal(node, f"{constant.name!r} is not 8-bit per tensor", "quantize it to 8 bits")
    if constant.integers.size not in (1, size):
        raise refusal(
            node,
            f"a sample of shape {list(shape)} meets a constant of shape {list(constant.shape)}",
            "give the constant one element an output",
        )
    row = np.broadcast_to(constant.integers.reshape(1, -1), (1, size))
    name = reading.parameter(constant.name, row, constant.range)
    return Real(shape, name, constant.scale, fused=False, zero_point=int(constant.zero_point))


def qlinear_add(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearAdd(a, sa, za, b, sb, zb, sc, zc)."""
    terms = [_term(reading, node, start) for start in (0, 3)]
    shape = next((t.shape for t in terms if isinstance(t, Real)), None)
    if shape is None:
        raise refusal(node, "both of its inputs are constants", "fold them")
    a, b = (
        _constant_row(reading, node, t, shape) if isinstance(t, RealConstant) else t for t in terms
    )
    zero, dtype = zero_point(reading, node, 7)
    divisor = reading.floats(node, 6, "output scale")
    total = RealSum(shape, node_name(node), a, b)
    return requantized(reading, node, total, divisor, int(zero), dtype)


def _term(reading: Reading, node: onnx.NodeProto, at: int) -> Real | RealConstant:
    scale, (zero, _) = reading.floats(node, at + 1, "scale"), zero_point(reading, node, at + 2)
    if node.input[at] in reading.constants:
        raw = reading.constants[node.input[at]]
        centred = raw.astype(np.int64) - zero
        return RealConstant(node.input[at], centred, scale, zero, str(raw.dtype))
    source = activation(reading, node, at, int(zero))
    return Real(source.shape, source.value, scale, fused=False, zero_point=source.zero_point)
