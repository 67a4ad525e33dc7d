"""What dense layers and convolutions have in common: their operands in each form, and the bias."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import onnx

from ..ir import Attribute, Node
from ..ops.base import IntArray, ints_attr
from .onnx_file import attribute
from .quantization import EIGHT_BITS, Written, requantized
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import Floats, Real, RealConstant, RealMean, Tensor, Use

INT32 = 2.0**31


@dataclass(frozen=True)
class Operands:
    """``x``: the data; ``kernel``: as in `Real`."""

    x: Real
    weight: RealConstant
    bias: RealConstant | None
    kernel: str | None

    @property
    def scale(self) -> Floats:
        """The accumulators'; float32, as onnxruntime multiplies it."""
        return self.x.scale * self.weight.scale


def dequantized(reading: Reading, node: onnx.NodeProto) -> Operands:
    """Data, weight and maybe bias as inputs 0, 1 and 2, each behind a DequantizeLinear."""
    x = dequantized_data(reading, node)
    weight = _dequantized_constant(reading, node, 1, "weight")
    if weight.dtype == "int32":
        raise refusal(node, "its weight is int32", "use int8 or uint8 weights")
    biased_layer = len(node.input) > 2 and bool(node.input[2])
    bias = _bias(reading, node, x.scale * weight.scale) if biased_layer else None
    alone = len(reading.readers.get(node.output[0], ())) == 1
    return Operands(x, weight, bias, _kernel(x, weight) if alone else None)


def _kernel(x: Real, weight: RealConstant) -> str | None:
    """onnxruntime multiplies uint8 by either type, and int8 by int8; 4-bit weights as floats. Its
    kernels give what one QuantizeLinear makes of the result, which nothing else may read."""
    if x.integer is None or weight.dtype not in EIGHT_BITS:
        return None
    if (x.integer.kernel, weight.dtype) == ("int8", "uint8"):
        return None
    return x.integer.kernel


def dequantized_data(reading: Reading, node: onnx.NodeProto) -> Real:
    """Input 0, a dequantized 8-bit tensor."""
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


def _bias(reading: Reading, node: onnx.NodeProto, scale: Floats) -> RealConstant:
    """Input 2 as int32 at the accumulators' scale; a float one as onnxruntime quantizes it."""
    raw = reading.constants.get(node.input[2])
    made = reading.producers.get(node.input[2])
    stored = made is None or made.op_type == "Constant"
    if raw is None or raw.dtype != np.float32 or not stored:
        bias = _dequantized_constant(reading, node, 2, "bias")
        check_bias(node, bias, scale)
        return bias
    steps = np.rint(raw / scale)
    if not _quantized_behind(reading, node.output[0]) or not (np.abs(steps) < INT32).all():
        raise refusal(
            node,
            "its bias is a float that onnxruntime does not quantize",
            "quantize the bias to int32, or the layer's result to 8 bits",
        )
    integers, zero = steps.astype(np.int64), np.zeros((), np.int64)
    return RealConstant(node.input[2], integers, scale, zero, "int32", rounded=True)


def _quantized_behind(reading: Reading, tensor: str) -> bool:
    """Whether ``tensor`` goes into a QuantizeLinear alone, or into a Relu before one."""
    first, *others = reading.readers.get(tensor, (None,))
    if first is None or others:
        return False
    if first.op_type == "Relu":
        return _quantized_behind(reading, first.output[0])
    return first.op_type == "QuantizeLinear"


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


def integers(reading: Reading, node: onnx.NodeProto, *, bias_at: int | None) -> Operands:
    """x, its scale and zero point, weight, its scale and zero point, as inputs 0 to 5."""
    x_scale, zero = reading.floats(node, 1, "input scale"), zero_point(reading, node, 2)[0]
    if x_scale.ndim or zero.ndim:
        raise refusal(node, "its input is quantized per row", "quantize activations per tensor")
    x = activation(reading, node, 0, int(zero))
    scale = reading.floats(node, 4, "weight scale")
    weight = integer_weight(reading, node, 3, 5, scale)
    bias = None if bias_at is None else _integer_bias(reading, node, bias_at)
    return Operands(Real(x.shape, x.value, x_scale, x), weight, bias, None)


def integer_weight(
    reading: Reading, node: onnx.NodeProto, at: int, zero_at: int, scale: Floats
) -> RealConstant:
    """Input ``at`` with zero point ``zero_at``, its outputs (and their scales) along the last axis
    of a matrix, and along the first of anything else or of what a Gemm transposes."""
    raw = reading.constant(node, at, "weight")
    if raw.dtype not in (np.int8, np.uint8):
        raise refusal(node, f"its weight is {raw.dtype}", "use int8 or uint8 weights")
    zero, _ = zero_point(reading, node, zero_at)
    first = raw.ndim > 2 or (node.op_type == "QGemm" and bool(attribute(node, "transB", 0)))
    along = zero.reshape(-1, *[1] * (raw.ndim - 1)) if zero.ndim and first else zero
    axis = (0 if first else raw.ndim - 1) if scale.ndim else None
    centred = raw.astype(np.int64) - along
    return RealConstant(node.input[at], centred, scale, zero, str(raw.dtype), axis)


def _integer_bias(reading: Reading, node: onnx.NodeProto, position: int) -> RealConstant:
    raw = reading.constant(node, position, "bias")
    if raw.dtype != np.int32:
        raise refusal(node, f"its bias is {raw.dtype}", "use an int32 bias")
    one, none = np.ones((), np.float32), np.zeros((), np.int64)
    return RealConstant(node.input[position], raw.astype(np.int64), one, none, "int32")


def finish(reading: Reading, node: onnx.NodeProto, source: Tensor, at: int) -> Tensor:
    """``source`` quantized in the same kernel; its scale and zero point are inputs ``at``, + 1."""
    zero, dtype = zero_point(reading, node, at + 1)
    divisor = reading.floats(node, at, "output scale")
    if divisor.ndim or zero.ndim:
        raise refusal(node, "its output is quantized per channel", "quantize it per tensor")
    if isinstance(source, Real | RealMean):
        source = replace(source, kernel=dtype)
    return requantized(reading, node, source, divisor, Written(int(zero), dtype, dtype))


@dataclass(frozen=True)
class Layer:
    """A linear layer about to be emitted. ``value``: the data's; ``places``: (K, M), which
    elements of the weight its matrix consists of."""

    op: str
    value: str
    places: IntArray
    attrs: Mapping[str, Attribute] = field(default_factory=dict)


def emit(reading: Reading, node: onnx.NodeProto, layer: Layer, operands: Operands) -> str:
    """Appends the layer with the operands' parameters; the accumulators' name."""
    weight, bias, width = operands.weight, operands.bias, layer.places.shape[1]
    inputs = [layer.value, reading.parameter(weight, layer.places)]
    if bias is not None:
        inputs.append(constant_row(reading, node, bias, (width,)))
    return reading.emit(
        layer.op, node_name(node), tuple(inputs), f"{node.output[0]}.acc", **layer.attrs
    )


def constant_row(
    reading: Reading, node: onnx.NodeProto, constant: RealConstant, shape: tuple[int, ...]
) -> str:
    """The name of ``constant``, broadcast to a sample of ``shape``, as a (1, size) parameter."""
    try:
        row = np.broadcast_to(constant.places, (1, *shape))
    except ValueError:
        raise refusal(
            node,
            f"a sample of shape {list(shape)} meets a constant of shape {list(constant.shape)}",
            "give the constant one element an output",
        ) from None
    return reading.parameter(constant, row.reshape(1, -1))


def biased(reading: Reading, node: onnx.NodeProto, acc: Real, bias: RealConstant) -> Real:
    """The linear layer behind ``acc`` again, with a bias; the old one is dead code."""
    mover = None
    source = next(n for n in reading.nodes if n.output.name == acc.value)
    if source.op == "select":
        mover = source
        source = next((n for n in reading.nodes if n.output.name == source.inputs[0]), source)
    if source.op not in ("dense", "conv") or len(source.inputs) == 3 or acc.clipped:
        raise refusal(
            node,
            "it adds to an accumulator that is not quantized",
            "quantize what it adds to, or use Gemm or Conv with an int32 bias",
        )
    rows = mover is not None and bias.scale.ndim == 1
    check_bias(node, bias, acc.scale[: bias.scale.size] if rows else acc.scale)
    name = _channel_row(reading, node, bias, acc.shape, source, mover)
    output = f"{node.output[0]}.acc"
    value = reading.emit(source.op, source.name, (*source.inputs, name), output, **source.attrs)
    if mover is not None:
        value = reading.emit("select", mover.name, (value,), f"{output}.moved", **mover.attrs)
    # onnxruntime adds to a MatMul's accumulators as Gemm does; to a Conv's in float32.
    return replace(acc, value=value, kernel=acc.kernel if source.op == "dense" else None)


def _channel_row(
    reading: Reading,
    node: onnx.NodeProto,
    bias: RealConstant,
    shape: tuple[int, ...],
    source: Node,
    mover: Node | None,
) -> str:
    """``bias`` as the (1, M) parameter of a layer whose accumulators, moved, have ``shape``."""
    width = reading.types[source.inputs[1]].shape[1]
    try:
        places = np.broadcast_to(bias.places, (1, *shape)).reshape(-1)
    except ValueError:
        places = np.zeros(0, np.int64)
    if mover is not None and places.size:
        places = _unmoved(reading, node, places, source, mover)
    channels = places.reshape(width, -1) if places.size else places
    values = Use(bias, channels).values
    if not places.size or (values != values[:, :1]).any():
        raise refusal(
            node,
            f"its bias of shape {list(bias.shape)} is not one value a channel of {list(shape)}",
            "give it one element an output channel",
        )
    return reading.parameter(bias, channels[:, 0][None])


def _unmoved(
    reading: Reading, node: onnx.NodeProto, places: IntArray, source: Node, mover: Node
) -> IntArray:
    """``places``, one for each accumulator of ``source`` that ``mover`` has moved, in their order
    before that; -1 for those left out."""
    index = np.array(ints_attr(mover, "index"), np.int64)
    # Of several values for one accumulator only one could be its bias, and padding has none.
    if index.min() < 0 or len(np.unique(index)) < len(index):
        raise refusal(
            node,
            "it adds to accumulators of which some were repeated or padded",
            "add the bias before Tile, Pad, Gather and the like",
        )
    found = np.full(reading.types[source.output.name].size, -1, np.int64)
    found[index] = places
    return found


def along_outputs(node: onnx.NodeProto, weight: RealConstant, axis: int, width: int) -> None:
    """Raises a refusal unless the weight has one scale, or one an output, along ``axis``."""
    if weight.scale.ndim and (weight.axis != axis or weight.scale.size != width):
        raise refusal(node, "its weight's scales are not one an output", "quantize along outputs")
