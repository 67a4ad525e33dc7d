"""MatMulInteger and ConvInteger, and the float arithmetic that gives their sums a scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx

from ..ops.requantize import per_element
from . import linear
from .conv import convolution
from .dense import product
from .linear import Operands
from .means import EXACT_FLOATS
from .onnx_file import Array
from .reading import Reading, activation, refusal, zero_point
from .tensors import Floats, Real, RealConstant, Tensor

ONE = np.ones((), np.float32)


def matmul_integer(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """MatMulInteger(a, b, za?, zb?): int32 sums, of scale 1."""
    return product(reading, node, _operands(reading, node, (2, 3), ONE, ONE))


def conv_integer(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """ConvInteger(x, w, zx?, zw?): int32 sums, of scale 1."""
    return convolution(reading, node, _operands(reading, node, (2, 3), ONE, ONE))


def matmul_integer_to_float(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.MatMulIntegerToFloat(a, b, sa, sb, za?, zb?): as floats, without a bias."""
    if len(node.input) > 6 and node.input[6]:
        raise refusal(node, "it adds a float bias", "use QGemm, whose bias is int32")
    x_scale = reading.floats(node, 2, "input scale")
    if x_scale.ndim:
        raise refusal(node, "its input is quantized per row", "quantize activations per tensor")
    weight_scale = reading.floats(node, 3, "weight scale")
    return product(reading, node, _operands(reading, node, (4, 5), x_scale, weight_scale))


def dynamic(_reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Refused: its scales depend on the other samples of a batch."""
    raise refusal(
        node,
        "it chooses a scale for each batch from the data in it, so what it computes for a sample "
        "depends on others",
        "quantize statically: quantize_static instead of quantize_dynamic, or zkpot quantize",
    )


def _operands(
    reading: Reading,
    node: onnx.NodeProto,
    zeros: tuple[int, int],
    x_scale: Floats,
    weight_scale: Floats,
) -> Operands:
    zero = zero_point(reading, node, zeros[0])[0]
    if zero.ndim:
        raise refusal(node, "its input is quantized per row", "quantize activations per tensor")
    x = activation(reading, node, 0, int(zero))
    weight = linear.integer_weight(reading, node, 1, zeros[1], weight_scale)
    return Operands(Real(x.shape, x.value, x_scale, x), weight, None, None)


def sums(reading: Reading, node: onnx.NodeProto) -> tuple[Real, Array] | None:
    """The accumulators and the float constant that ``node`` reads; None if it reads others."""
    found = [reading.tensors.get(name) for name in node.input]
    real = [t for t in found if isinstance(t, Real) and t.integer is None and not t.clipped]
    constant = [reading.constants[name] for name in node.input if name in reading.constants]
    if len(real) != 1 or len(constant) != 1 or constant[0].dtype != np.float32:
        return None
    return real[0], constant[0]


def scaled(node: onnx.NodeProto, acc: Real, factor: Array) -> Real:
    """Sums of scale 1 times positive constants, one or one a channel."""
    if (acc.scale != 1).any() or not (np.isfinite(factor).all() and (factor > 0).all()):
        raise refusal(
            node,
            "it multiplies a layer's result by something other than a positive scale",
            "multiply integer sums once, by input scale times weight scale",
        )
    return replace(acc, scale=_scales(node, acc, factor))


def _scales(node: onnx.NodeProto, acc: Real, factor: Array) -> Floats:
    """``factor`` as a scalar, as one value a channel, or as one an element."""
    if factor.size == 1:
        return np.asarray(factor.reshape(()), np.float32)
    channels = _elements(node, acc, factor).astype(np.float32).reshape(acc.shape[0], -1)
    same = (channels == channels[:, :1]).all()
    return channels[:, 0] if same else channels.reshape(-1)


def _elements(node: onnx.NodeProto, acc: Real, values: Array) -> Array:
    """``values`` broadcast to a sample of ``acc``, flat."""
    try:
        return np.broadcast_to(values, (1, *acc.shape)).reshape(-1)
    except ValueError:
        raise refusal(
            node,
            f"a sample of shape {list(acc.shape)} meets a constant of shape {list(values.shape)}",
            "give the constant one element an output channel",
        ) from None


def shifted(reading: Reading, node: onnx.NodeProto, acc: Real, addend: Array) -> Real:
    """Sums plus a float bias, where that is exact: whole numbers of a power-of-two scale."""
    values = _elements(node, acc, addend).astype(np.float64)
    steps = values / per_element(acc.scale, values.size)
    interval = reading.types[acc.value].interval
    largest = max(-interval.lo, interval.hi) + int(np.abs(steps).max(initial=0))
    powers = (np.frexp(acc.scale)[0] == 0.5).all()
    if not powers or (steps != np.rint(steps)).any() or largest >= EXACT_FLOATS:
        raise refusal(
            node,
            "it adds floats to a layer's result, and the sum is rounded",
            "use Gemm or Conv with an int32 bias, or a bias that is a multiple of a power-of-two "
            "scale",
        )
    name = next(name for name in node.input if name in reading.constants)
    integers = steps.astype(np.int64).reshape(acc.shape)
    bias = RealConstant(name, integers, acc.scale, np.zeros((), np.int64), "int32", rounded=True)
    return linear.biased(reading, node, acc, bias)
