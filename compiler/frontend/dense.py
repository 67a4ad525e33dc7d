"""MatMul, Gemm and onnxruntime's QLinearMatMul and QGemm: one dense layer each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx

from .onnx_file import attribute
from .quantization import Written, requantized
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import Floats, Real, RealConstant, Tensor


def matmul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Y = A·B of dequantized A (data) and B (weights)."""
    found = _real_dense(reading, node, transpose=False)
    # Between int8 tensors, onnxruntime has an integer kernel for Gemm only.
    return replace(found, kernel=None) if found.kernel == "int8" else found


def gemm(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Y = A·B + C of dequantized A (data), B (weights) and C (int32 bias)."""
    _plain_gemm(node)
    return _real_dense(reading, node, transpose=bool(attribute(node, "transB", 0)))


def _plain_gemm(node: onnx.NodeProto) -> None:
    for name, wanted in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
        if attribute(node, name, wanted) != wanted:
            raise refusal(node, f"its attribute {name} is not {wanted}", "fold it into the weights")


def _real_dense(reading: Reading, node: onnx.NodeProto, *, transpose: bool) -> Real:
    x = _dequantized_data(reading, node)
    weight = _dequantized_constant(reading, node, 1, "weight")
    bias = None
    if len(node.input) > 2 and node.input[2]:
        bias = _dequantized_constant(reading, node, 2, "bias")
    if weight.dtype == "int32":
        raise refusal(node, "its weight is int32", "use int8 or uint8 weights")
    scale = x.scale * weight.scale
    if bias is not None:
        check_bias(node, bias, scale)
    found = _dense(reading, node, x, weight, scale, transpose=transpose, bias=bias)
    return replace(found, kernel=_kernel(x, weight))


def _kernel(x: Real, weight: RealConstant) -> str | None:
    """onnxruntime multiplies uint8 by either type, and int8 by int8."""
    if x.integer is None or (x.integer.kernel, weight.dtype) == ("int8", "uint8"):
        return None
    return x.integer.kernel


def _dequantized_data(reading: Reading, node: onnx.NodeProto) -> Real:
    x = reading.tensor(node, 0)
    if not isinstance(x, Real) or x.integer is None or x.clipped:
        raise refusal(
            node,
            f"its input {node.input[0]!r} is no dequantized 8-bit tensor",
            "put a QuantizeLinear and a DequantizeLinear before it; "
            "if this is a float model, run zkpot quantize on it first",
        )
    return x


def _dequantized_constant(
    reading: Reading, node: onnx.NodeProto, position: int, what: str
) -> RealConstant:
    found = reading.tensor(node, position)
    if not isinstance(found, RealConstant):
        name = node.input[position]
        raise refusal(node, f"its {what} {name!r} is not constant", f"use a constant {what}")
    return found


def check_bias(node: onnx.NodeProto, bias: RealConstant, scale: Floats) -> None:
    """onnxruntime's integer kernels add the bias to the accumulator whatever its scale says."""
    if bias.dtype != "int32":
        raise refusal(node, f"its bias is {bias.dtype}", "use an int32 bias")
    fits = bias.scale.size in (1, scale.size) or scale.size == 1
    if not fits or not np.allclose(bias.scale, scale, rtol=1e-6, atol=0):
        raise refusal(
            node,
            "its bias is not at the scale of the accumulator (input scale times weight scale)",
            "quantize the bias to int32 at that scale, as quantize_static does",
        )


def constant_row(
    reading: Reading, node: onnx.NodeProto, constant: RealConstant, shape: tuple[int, ...]
) -> str:
    """The name of ``constant``, broadcast to a sample of ``shape``, as a (1, size) parameter."""
    try:
        row = np.broadcast_to(constant.integers, (1, *shape))
    except ValueError:
        raise refusal(
            node,
            f"a sample of shape {list(shape)} meets a constant of shape {list(constant.shape)}",
            "give the constant one element an output",
        ) from None
    return reading.parameter(constant.name, row.reshape(1, -1), constant.range)


def _dense(
    reading: Reading,
    node: onnx.NodeProto,
    x: Real,
    weight: RealConstant,
    scale: Floats,
    *,
    transpose: bool,
    bias: RealConstant | None,
) -> Real:
    """Emits the dense node; its accumulators at ``scale``."""
    matrix = weight.integers.T if transpose else weight.integers
    flat = int(np.prod(x.shape[:-1])) == 1
    if matrix.ndim != 2 or x.shape[-1:] != matrix.shape[:1] or not flat:
        raise refusal(
            node,
            f"a sample of shape {list(x.shape)} meets a weight of shape {list(matrix.shape)}",
            "flatten the sample to one axis that fits the weight",
        )
    width = int(matrix.shape[1])
    along_outputs = weight.axis == (0 if transpose else 1) and weight.scale.size == width
    if weight.scale.ndim and not along_outputs:
        raise refusal(node, "its weight's scales are not one an output", "quantize along outputs")
    inputs = [x.value, reading.parameter(weight.name, matrix, weight.range)]
    if bias is not None:
        inputs.append(constant_row(reading, node, bias, (width,)))
    value = reading.emit("dense", node_name(node), tuple(inputs), f"{node.output[0]}.acc")
    return Real((*x.shape[:-1], width), value, scale)


def qlinear_matmul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """QLinearMatMul(a, sa, za, b, sb, zb, sy, zy)."""
    accumulated = _integer_dense(reading, node, transpose=False, bias_at=None)
    return _finish(reading, node, accumulated, 6)


def qgemm(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QGemm(a, sa, za, b, sb, zb, c?, sy?, zy?); float output without sy."""
    _plain_gemm(node)
    transpose = bool(attribute(node, "transB", 0))
    bias_at = 6 if len(node.input) > 6 and node.input[6] else None
    accumulated = _integer_dense(reading, node, transpose=transpose, bias_at=bias_at)
    if len(node.input) <= 7 or not node.input[7]:
        return accumulated
    return _finish(reading, node, accumulated, 7)


def _finish(reading: Reading, node: onnx.NodeProto, source: Real, at: int) -> Tensor:
    zero, dtype = zero_point(reading, node, at + 1)
    divisor = reading.floats(node, at, "output scale")
    if divisor.ndim or zero.ndim:
        raise refusal(node, "its output is quantized per channel", "quantize it per tensor")
    fused = replace(source, kernel=dtype)
    return requantized(reading, node, fused, divisor, Written(int(zero), dtype, dtype))


def _integer_dense(
    reading: Reading, node: onnx.NodeProto, *, transpose: bool, bias_at: int | None
) -> Real:
    x_scale, zero = reading.floats(node, 1, "input scale"), zero_point(reading, node, 2)[0]
    if x_scale.ndim or zero.ndim:
        raise refusal(node, "its input is quantized per row", "quantize activations per tensor")
    x = activation(reading, node, 0, int(zero))
    weight = _weight(reading, node, transpose=transpose)
    bias = None if bias_at is None else _bias(reading, node, bias_at)
    data = Real(x.shape, x.value, x_scale, x)
    scale = x_scale * weight.scale
    return _dense(reading, node, data, weight, scale, transpose=transpose, bias=bias)


def _weight(reading: Reading, node: onnx.NodeProto, *, transpose: bool) -> RealConstant:
    raw = reading.constant(node, 3, "weight")
    if raw.dtype not in (np.int8, np.uint8):
        raise refusal(node, f"its weight is {raw.dtype}", "use int8 or uint8 weights")
    zero, _ = zero_point(reading, node, 5)
    scale = reading.floats(node, 4, "weight scale")
    along = zero.reshape(-1, 1) if zero.ndim and transpose else zero
    centred = raw.astype(np.int64) - along
    axis = (0 if transpose else 1) if scale.ndim else None
    return RealConstant(node.input[3], centred, scale, zero, str(raw.dtype), axis)


def _bias(reading: Reading, node: onnx.NodeProto, position: int) -> RealConstant:
    raw = reading.constant(node, position, "bias")
    if raw.dtype != np.int32:
        raise refusal(node, f"its bias is {raw.dtype}", "use an int32 bias")
    one, none = np.ones((), np.float32), np.zeros((), np.int64)
    return RealConstant(node.input[position], raw.astype(np.int64), one, none, "int32")
