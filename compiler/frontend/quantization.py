"""QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import onnx

from ..ir import Attribute, Interval, Quantization
from .arrangement import constant_level
from .assembly import assembled
from .double_pairs import require_single_pair
from .means import ambiguous
from .onnx_file import Array, attribute
from .pairs import Target, quantized_pair
from .reading import (
    Reading,
    activation,
    node_name,
    quantized_data,
    refusal,
    scale_attribute,
    zero_point,
)
from .tabulation import quantized_function
from .tensors import (
    FOUR_BITS,
    Float,
    Floats,
    Function,
    Head,
    Integer,
    Level,
    Parts,
    RawInput,
    Real,
    RealConstant,
    RealMean,
    RealPair,
    Tensor,
    limits,
)

EIGHT_BITS = ("uint8", "int8")
FLOAT32_EPSILON = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Written:
    """How a quantized tensor is written; ``kernel`` as in `Integer`."""

    zero_point: int
    dtype: str
    kernel: str

    @property
    def kernel_zero_point(self) -> int:
        """The zero point of the bytes of type ``kernel``."""
        return self.tensor((), "").kernel_zero_point

    @property
    def room(self) -> Interval:
        """Its centred range."""
        every = limits(self.dtype)
        return Interval(every.lo - self.zero_point, every.hi - self.zero_point)

    def tensor(self, shape: tuple[int, ...], value: str) -> Integer:
        """The tensor with those values."""
        return Integer(shape, value, self.zero_point, self.dtype, self.kernel)


def quantize_linear(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """saturate(rint(x / scale) + zero_point), per tensor."""
    _plain(node)
    source = reading.tensor(node, 0)
    divisor = reading.floats(node, 1, "scale")
    zero, dtype = _written(reading, node)
    if divisor.ndim or zero.ndim:
        raise refusal(node, "an activation is quantized per channel", "quantize it per tensor")
    # On x64, onnxruntime makes such int8 tensors uint8 before it picks kernels.
    kernel = "uint8" if reading.paired(node.output[0]) else dtype
    return requantized(reading, node, source, divisor, Written(int(zero), dtype, kernel))


def quantized_constant(reading: Reading, node: onnx.NodeProto) -> Array:
    """QuantizeLinear of a float constant, as onnxruntime folds it: in float32, ties to even."""
    _plain(node)
    raw = reading.constant(node, 0, "input")
    if raw.dtype != np.float32:
        raise refusal(node, f"its constant is {raw.dtype}", "quantize a float32 constant")
    zero, dtype = _written(reading, node)
    scale, axis = reading.floats(node, 1, "scale"), attribute(node, "axis", 1)
    every = limits(dtype)
    steps = np.rint(raw / _along(node, scale, raw.shape, axis))
    shifted = steps.astype(np.float64) + _along(node, zero, raw.shape, axis)
    return np.clip(shifted, every.lo, every.hi).astype(dtype)


def _written(reading: Reading, node: onnx.NodeProto) -> tuple[Array, str]:
    """Zero point and type of a QuantizeLinear's output: 8 bits."""
    zero, dtype = zero_point(reading, node, 2)
    if len(node.input) < 3 and attribute(node, "output_dtype", 0):
        wanted = onnx.helper.tensor_dtype_to_np_dtype(attribute(node, "output_dtype"))
        dtype = str(np.dtype(wanted))
    if dtype not in EIGHT_BITS:
        raise refusal(node, f"it quantizes to {dtype}", "use uint8 or int8")
    return zero, dtype


def _plain(node: onnx.NodeProto) -> None:
    if attribute(node, "block_size", 0):
        raise refusal(node, "it quantizes in blocks", "quantize per tensor or per channel")


def requantized(
    reading: Reading, node: onnx.NodeProto, source: Tensor, divisor: Floats, written: Written
) -> Integer:
    """``source`` as an 8-bit tensor of scale ``divisor``."""
    if isinstance(source, RawInput):
        return _quantized_data(reading, node, source, divisor, written)
    if isinstance(source, Head):
        raise refusal(
            node,
            f"it quantizes the result of {source.operator}, which changes the argmax",
            "leave the last Softmax out of quantization (nodes_to_exclude), or drop it",
        )
    if isinstance(source, Integer | RealConstant):
        raise refusal(node, "its input is quantized already", "dequantize it first")
    value = _value(reading, node, source, divisor, written)
    return written.tensor(source.shape, value)


def _value(
    reading: Reading, node: onnx.NodeProto, source: Float, divisor: Floats, written: Written
) -> str:
    if isinstance(source, Parts):
        # Each part by itself, as onnxruntime does where it concatenates in integers, too.
        return assembled(
            reading, node, source, lambda own, part: _value(reading, own, part, divisor, written)
        )
    if isinstance(source, Level):
        step = np.rint(np.float32(source.value) / divisor)
        level = int(np.clip(step, written.room.lo, written.room.hi))
        return constant_level(reading, node, level, node.output[0])
    if isinstance(source, Function):
        require_single_pair(reading, node)
        zero = np.array(written.kernel_zero_point, written.kernel)
        return quantized_function(reading, node, source, divisor, zero)
    if isinstance(source, RealMean):
        return _mean(reading, node, source, divisor, written)
    if isinstance(source, RealPair):
        return _pair(reading, node, source, divisor, written)
    if _unchanged(source, divisor, written):
        return source.value
    if source.integer is not None and not source.clipped and node.op_type == "QuantizeLinear":
        require_single_pair(reading, node)
    return _steps(reading, node, source, divisor, written)


def _quantized_data(
    reading: Reading, node: onnx.NodeProto, source: RawInput, divisor: Floats, written: Written
) -> Integer:
    if source.dtype != "float32":
        raise refusal(node, f"it quantizes an input of type {source.dtype}", "use float32")
    quantization = Quantization(float(divisor), written.zero_point, written.dtype)
    name = quantized_data(reading, node, node.output[0], source, quantization)
    return written.tensor(source.shape, name)


def _unchanged(source: Real, divisor: Floats, written: Written) -> bool:
    """Whether the integers stay as they are: (q·s) / s rounds to q in float32 for |q| <= 255."""
    before = source.integer
    if before is None or source.clipped or source.scale != divisor:
        return False
    return (before.zero_point, before.dtype) == (written.zero_point, written.dtype)


def _steps(
    reading: Reading, node: onnx.NodeProto, source: Real, divisor: Floats, written: Written
) -> str:
    bounds = _bounds(source, divisor, written.room)
    return reading.emit(
        "requantize",
        node_name(node),
        (source.value,),
        node.output[0],
        scale=scale_attribute(source.scale),
        divisor=float(divisor),
        fused=source.kernel == written.kernel and _absorbed(source, divisor, written.room),
        lo=bounds.lo,
        hi=bounds.hi,
    )


def _pair(
    reading: Reading, node: onnx.NodeProto, source: RealPair, divisor: Floats, written: Written
) -> str:
    fused = source.kernel == written.kernel and _absorbed(source, divisor, written.room)
    bounds = _bounds(source, divisor, written.room)
    target = Target(divisor, written.kernel_zero_point, bounds, fused)
    return quantized_pair(reading, node, source, target)


def _mean(
    reading: Reading, node: onnx.NodeProto, source: RealMean, divisor: Floats, written: Written
) -> str:
    """Of a whole image in integers; of smaller windows in float32, the zero point in before
    rounding; and without a kernel of its own in float32, the zero point behind it."""
    fused = source.kernel == written.kernel and _absorbed(source, divisor, written.room)
    bounds = _bounds(source, divisor, written.room)
    attrs: dict[str, Attribute] = {"lo": bounds.lo, "hi": bounds.hi}
    if fused and source.whole:
        each = divisor * np.float32(source.counts[0])
        attrs |= {"scale": float(source.scale), "divisor": float(each), "fused": True}
    else:
        zero = written.kernel_zero_point if fused else 0
        attrs |= {"divisor": float(divisor), "fused": False, "zero": zero}
        _require_unambiguous(node, source, attrs, ordered=fused)
        attrs |= source.division
    return reading.emit("requantize", node_name(node), (source.value,), node.output[0], **attrs)


def _require_unambiguous(
    node: onnx.NodeProto, mean: RealMean, attrs: dict[str, Attribute], *, ordered: bool
) -> None:
    found = ambiguous(mean, attrs, ordered=ordered)
    if found is not None:
        raise refusal(
            node,
            f"the pool before it computes in float32, and for elements that sum to {found} its "
            "result may be on either side of a tie",
            "use a power-of-two scale for the pool's input (zkpot quantize), or another one for "
            "its output",
        )


def _bounds(source: Real | RealPair | RealMean, divisor: Floats, room: Interval) -> Interval:
    """Centred bounds: the type's, and Relu's or Clip's quantized (rounding is monotone)."""
    lo, hi = room.lo, room.hi
    if source.low > -math.inf:
        lo = min(max(lo, int(np.rint(np.float32(source.low) / divisor))), hi)
    if source.high < math.inf:
        hi = max(min(hi, int(np.rint(np.float32(source.high) / divisor))), lo)
    return Interval(lo, hi)


def _absorbed(source: Real | RealPair | RealMean, divisor: Floats, room: Interval) -> bool:
    """Whether onnxruntime drops the Relu or Clip, because QuantizeLinear saturates at least as
    early; only then does it run the operation in an integer kernel (its ClipQuantFusion)."""
    low = source.low - float(divisor * np.float32(room.lo))
    high = float(divisor * np.float32(room.hi)) - source.high
    return low <= FLOAT32_EPSILON and high <= FLOAT32_EPSILON


def dequantize_linear(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """(q - zero_point)·scale; of a constant, per tensor or along an axis."""
    _plain(node)
    scale = reading.floats(node, 1, "scale")
    zero, _ = zero_point(reading, node, 2)
    if node.input[0] in reading.constants:
        return _dequantized_constant(reading, node, scale, zero)
    if scale.ndim or zero.ndim:
        raise refusal(node, "an activation is dequantized per channel", "quantize it per tensor")
    source = activation(reading, node, 0, int(zero))
    return Real(source.shape, source.value, scale, source)


def _dequantized_constant(
    reading: Reading, node: onnx.NodeProto, scale: Floats, zero: Array
) -> RealConstant:
    raw = reading.constant(node, 0, "input")
    if raw.dtype not in (np.int8, np.uint8, np.int32) and str(raw.dtype) not in FOUR_BITS:
        raise refusal(node, f"its constant is {raw.dtype}", "use 4-bit, 8-bit or int32 constants")
    if raw.dtype == np.int32 and zero.any():
        raise refusal(node, "its int32 constant has a zero point", "set it to 0")
    axis = attribute(node, "axis", 1)
    centred = raw.astype(np.int64) - _along(node, zero, raw.shape, axis)
    along = axis % max(raw.ndim, 1) if _along(node, scale, raw.shape, axis).ndim else None
    return RealConstant(node.input[0], centred, scale, zero, str(raw.dtype), along)


def _along(node: onnx.NodeProto, vector: Array, constant: tuple[int, ...], axis: int) -> Array:
    """``vector`` in a shape that meets axis ``axis`` of a constant of that shape."""
    if not vector.ndim:
        return vector
    rank = len(constant)
    shape = [1] * rank
    if rank != 1 and not -rank <= axis < rank:
        raise refusal(node, f"its axis {axis} is outside its constant", "quantize along an axis")
    axis = axis if rank > 1 else 0
    if constant[axis : axis + 1 or None] != vector.shape:
        raise refusal(node, f"axis {axis} has another length than its scale", "quantize again")
    shape[axis] = -1
    return vector.reshape(shape)
