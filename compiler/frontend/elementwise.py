"""Relu, Clip, Add and onnxruntime's QLinearAdd."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import onnx

from .linear import biased, constant_row
from .onnx_file import attribute
from .quantization import EIGHT_BITS, Written, requantized
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import Integer, Operand, Real, RealConstant, RealSum, Tensor


def _clipped(reading: Reading, node: onnx.NodeProto, low: float, high: float) -> Tensor:
    source = reading.tensor(node, 0)
    if not isinstance(source, Real | RealSum):
        raise refusal(node, "its input is not a dequantized tensor", "dequantize it first")
    if math.isnan(low) or math.isnan(high) or low > high:
        raise refusal(node, f"its bounds are {low} and {high}", "give a lower and an upper bound")
    bounded_low = min(max(source.low, low), high)
    bounded_high = max(min(source.high, high), bounded_low)
    return replace(source, low=bounded_low, high=bounded_high)


def relu(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """max(x, 0)."""
    return _clipped(reading, node, 0.0, math.inf)


def clip(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """min(max(x, low), high); the bounds are attributes up to operator set 10, then inputs."""
    bounds = [float(attribute(node, "min", -math.inf)), float(attribute(node, "max", math.inf))]
    for position in (1, 2):
        if position < len(node.input) and node.input[position]:
            bounds[position - 1] = float(reading.constant(node, position, "bound").item())
    return _clipped(reading, node, bounds[0], bounds[1])


def add(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A sum of two dequantized tensors, or an int32 bias behind a MatMul that has none."""
    terms = [reading.tensor(node, position) for position in (0, 1)]
    accumulators = [t for t in terms if isinstance(t, Real) and t.integer is None]
    biases = [t for t in terms if isinstance(t, RealConstant)]
    if accumulators and biases:
        return biased(reading, node, accumulators[0], biases[0])
    return _sum(reading, node, terms)


def _sum(reading: Reading, node: onnx.NodeProto, terms: list[Tensor]) -> RealSum:
    shapes = [t.shape for t in terms if isinstance(t, Real)]
    if not shapes:
        raise refusal(node, "none of its inputs depends on the data", "fold its constants")
    operands, kernels = list[Operand](), set[str]()
    for position, term in enumerate(terms):
        if isinstance(term, RealConstant):
            source, scale = _eight_bit_row(reading, node, term, shapes[0]), float(term.scale)
        else:
            source, scale = _activation_term(node, position, term, shapes[0])
        operands.append(Operand(source.value, scale, source.kernel_zero_point))
        kernels.add(source.kernel)
    a, b = operands
    kernel = kernels.pop() if len(kernels) == 1 else None
    return RealSum(shapes[0], node_name(node), a, b, kernel)


def _activation_term(
    node: onnx.NodeProto, position: int, term: Tensor, shape: tuple[int, ...]
) -> tuple[Integer, float]:
    whole = isinstance(term, Real) and not term.clipped and term.shape == shape
    if not isinstance(term, Real) or term.integer is None or not whole:
        raise refusal(
            node,
            f"its input {node.input[position]!r} is no quantized tensor of shape {list(shape)}",
            "quantize that tensor",
        )
    return term.integer, float(term.scale)


def _eight_bit_row(
    reading: Reading, node: onnx.NodeProto, constant: RealConstant, shape: tuple[int, ...]
) -> Integer:
    eight_bits = constant.dtype in EIGHT_BITS
    if not eight_bits or constant.scale.ndim or constant.zero_point.ndim:
        raise refusal(node, f"{constant.name!r} is not 8-bit per tensor", "quantize it to 8 bits")
    name = constant_row(reading, node, constant, shape)
    return Integer(shape, name, int(constant.zero_point), constant.dtype, constant.dtype)


def qlinear_add(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearAdd(a, sa, za, b, sb, zb, sc, zc)."""
    terms = [_term(reading, node, start) for start in (0, 3)]
    zero, dtype = zero_point(reading, node, 7)
    divisor = reading.floats(node, 6, "output scale")
    if divisor.ndim or zero.ndim:
        raise refusal(node, "its output is quantized per channel", "quantize it per tensor")
    total = _sum(reading, node, terms)
    return requantized(reading, node, total, divisor, Written(int(zero), dtype, dtype))


def _term(reading: Reading, node: onnx.NodeProto, at: int) -> Tensor:
    scale, (zero, _) = reading.floats(node, at + 1, "scale"), zero_point(reading, node, at + 2)
    if node.input[at] in reading.constants:
        raw = reading.constants[node.input[at]]
        centred = raw.astype(np.int64) - zero
        return RealConstant(node.input[at], centred, scale, zero, str(raw.dtype))
    if scale.ndim or zero.ndim:
        raise refusal(node, "an activation is quantized per channel", "quantize it per tensor")
    source = activation(reading, node, at, int(zero))
    return Real(source.shape, source.value, scale, source)
