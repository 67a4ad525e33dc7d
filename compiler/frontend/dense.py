"""MatMul, Gemm and onnxruntime's QLinearMatMul and QGemm: one dense layer each."""

from __future__ import annotations

import numpy as np
import onnx

from .onnx_file import attribute
from .quantization import requantized
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import Floats, Real, RealConstant, Tensor


def matmul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Y = A·B of dequantized A (data) and B (weights)."""
    return _real_dense(reading, node, transpose=False)


def gemm(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Y = A·B + C of dequantized A (data), B (weights) and C (int32 bias)."""
    _plain_gemm(node)
    return _real_dense(reading, node, transpose=bool(attribute(node, "transB", 0)))


def _plain_gemm(node: onnx.NodeProto) -> None:
    for name, wanted in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
        if attribute(node, name, wanted) != wanted:
            raise refusal(node, f"its attribute {name} is not {wanted}", "fold it into the weights")


def _real_dense(reading: Reading, node: onnx.NodeProto, *, transpose: bool) -> Real:
    x, weight = reading.tensor(node, 0), reading.tensor(node, 1)
    if not isinstance(x, Real) or x.zero_point is None or x.clipped or x.scale.ndim:
        raise refusal(
            node,
            f"its input {node.input[0]!r} is no dequantized 8-bit tensor",
            "put a QuantizeLinear and a DequantizeLinear before it",
        )
    if not isinstance(weight, RealConstant):
        raise refusal(node, f"its weight {node.input[1]!r} is not constant", "use constant weights")
    bias = reading.tensor(node, 2) if len(node.input) > 2 and node.input[2] else None
    if bias is not None and not isinstance(bias, RealConstant):
        raise refusal(node, f"its bias {node.input[2]!r} is not constant", "use a constant bias")
    scale = x.scale * weight.scale
    check_bias_scale(node, bias, scale)
    value, width = dense(reading, node, x.value, x.shape, weight, transpose, bias)
    return Real((*x.shape[:-1], width), value, scale, fused=True)


def check_bias_scale(node: onnx.NodeProto, bias: RealConstant | None, scale: Floats) -> None:
    """onnxruntime's integer kernels add the bias to the accumulator, whatever its own scale says."""
    if bias is not None and not np.allclose(bias.scale, scale, rtol=1e-6, atol=0):
        raise refusal(
            node,
            "its bias is not at the scale of the accumulator (input scale times weight scale)",
            "quantize the bias to int32 at that scale, as quantize_static does",
        )


def dense(
    reading: Reading,
    node: onnx.NodeProto,
    x: str,
    shape: tuple[int, ...],
    weight: RealConstant,
    transpose: bool,
    bias: RealConstant | None,
) -> tuple[str, int]:
    """Emits the dense node; gives its value's name and width."""
    matrix = weight.integers.T if transpose else weight.integers
    if matrix.ndim != 2 or shape[-1:] != matrix.shape[:1] or int(np.prod(shape[:-1])) != 1:
        raise refusal(
            node,
            f"a sample of shape {list(shape)} meets a weight of shape {list(matrix.shape)}",
            "flatten the sample to one axis that fits the weight",
        )
    if weight.scale.ndim and weight.scale.size not in (1, matrix.shape[1]):
        raise refusal(node, "its weight's scales are not one an output", "quantize along outputs")
    inputs = [x, reading.parameter(weight.name, matrix, weight.range)]
    if bias is not None:
        row = np.broadcast_to(bias.integers.reshape(1, -1), (1, matrix.shape[1]))
        inputs.append(reading.parameter(bias.name, row, bias.range))
    value = reading.emit("dense", node_name(node), tuple(inputs), f"{node.output[0]}.acc")
    return value, matrix.shape[1]


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
    return requantized(reading, node, source, divisor, int(zero), dtype)


def _integer_dense(
    reading: Reading, node: onnx.NodeProto, *, transpose: bool, bias_at: int | None
) -> Real:
    x_scale, zero = reading.floats(node, 1, "input scale"), zero_point(reading, node, 2)[0]
    if x_scale.ndim or zero.ndim:
        raise refusal(node, "its input is quantized per row", "quantize activations per tensor")
    x = activation(reading, node, 0, int(zero))
    weight = _weight(reading, node)
    bias = None if bias_at is None else _bias(reading, node, bias_at)
    value, width = dense(reading, node, x.value, x.shape, weight, transpose, bias)
    return Real((*x.shape[:-1], width), value, x_scale * weight.scale, fused=True)


def _weight(reading: Reading, node: onnx.NodeProto) -> RealConstant:
    raw = reading.constant(node, 3, "weight")
    if raw.dtype not in (np.int8, np.uint8):
        raise refusal(node, f"its weight is {raw.dtype}", "use int8 or uint8 weights")
    zero, _ = zero_point(reading, node, 5)
    along = zero.reshape(-1, 1) if zero.ndim and attribute(node, "transB", 0) else zero
    scale = reading.floats(node, 4, "weight scale")
    centred = raw.astype(np.int64) - along
    return RealConstant(node.input[3], centred, scale, zero, str(raw.dtype))


def _bias(reading: Reading, node: onnx.NodeProto, position: int) -> RealConstant:
    raw = reading.constant(node, position, "bias")
    if raw.dtype != np.int32:
        raise refusal(node, f"its bias is {raw.dtype}", "use an int32 bias")
    one = np.ones((), np.float32)
    none = np.zeros((), np.int64)
    return RealConstant(node.input[position], raw.astype(np.int64), one, none, "int32")
