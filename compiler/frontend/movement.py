"""Operators that only move data. What they do is asked of onnxruntime: see layout.py."""

from __future__ import annotations

import numpy as np
import onnx

from ..ops.base import IntArray
from .arrangement import arranged
from .constants import folded, opsets_or_latest
from .layout import layouts
from .onnx_file import attribute
from .quantization import Written, requantized
from .reading import Reading, activation, refusal, zero_point
from .tensors import Floats, Integer, Real, RealConstant, Tensor
from .unary import pointwise


def move(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """One tensor's elements, moved; shapes, axes and indices constant or from shape arithmetic."""
    return moved(reading, node)[0]


def split(reading: Reading, node: onnx.NodeProto) -> tuple[Tensor, ...]:
    """One tensor in several; sizes constant."""
    return moved(reading, node)


def concat(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Several tensors in one, along any axis but the batch's; their scales may differ."""
    return moved(reading, node, tuple(range(len(node.input))))[0]


def where(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Elements of two tensors by a constant condition, or any inside a function of one tensor."""
    if node.input[0] in reading.tensors:
        return pointwise(reading, node)
    return moved(reading, node, (1, 2))[0]


def resize(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """To the nearest element; constant scales or sizes."""
    mode = attribute(node, "mode", b"nearest").decode()
    if mode != "nearest":
        raise refusal(node, f"its attribute mode is {mode}", "use mode nearest")
    coordinates = attribute(node, "coordinate_transformation_mode", b"half_pixel").decode()
    if coordinates == "tf_crop_and_resize":
        raise refusal(
            node,
            f"its attribute coordinate_transformation_mode is {coordinates}",
            "use half_pixel or asymmetric, behind a Slice",
        )
    return move(reading, node)


def pad(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """In every mode, with any constant value."""
    bare = onnx.NodeProto()
    bare.CopyFrom(node)
    # What is put in counts as no element, whatever its value.
    del bare.attribute[:]
    bare.attribute.extend(a for a in node.attribute if a.name != "value")
    return moved(reading, bare, inserted=_pad_value(reading, node), ignored=(2,))[0]


def _pad_value(reading: Reading, node: onnx.NodeProto) -> float:
    if len(node.input) <= 2 or not node.input[2]:
        return float(attribute(node, "value", 0.0))
    found = reading.tensors.get(node.input[2])
    if isinstance(found, RealConstant):
        return float((found.integers.astype(np.float32) * found.scale).item())
    return float(reading.constant(node, 2, "value").item())


def moved(
    reading: Reading,
    node: onnx.NodeProto,
    positions: tuple[int, ...] = (0,),
    *,
    inserted: float = 0.0,
    ignored: tuple[int, ...] = (),
) -> tuple[Tensor, ...]:
    """Every output of ``node``, whose inputs ``positions`` hold the data; see `layouts`."""
    sources = [reading.tensor(node, position) for position in positions]
    if len(sources) == 1 and isinstance(sources[0], RealConstant):
        return (_moved_constant(reading, node, sources[0]),)
    found = layouts(reading, node, positions, [s.shape for s in sources], ignored=ignored)
    if not all(layout.index for layout in found):
        raise refusal(node, "a result of it is empty", "leave out what has no elements")
    return tuple(
        arranged(reading, node, sources, layout, output, inserted)
        for layout, output in zip(found, node.output, strict=True)
    )


def _moved_constant(reading: Reading, node: onnx.NodeProto, source: RealConstant) -> RealConstant:
    """A dequantized weight in another shape or order."""
    axis = source.axis
    if axis is not None:
        if node.op_type != "Transpose":
            raise refusal(
                node,
                "it moves a constant that is quantized per channel",
                "store it in its final shape",
            )
        rank = len(source.shape)
        axis = list(attribute(node, "perm", range(rank)[::-1])).index(axis)
    known = {name: reading.constants[name] for name in node.input[1:] if name in reading.constants}
    known[node.input[0]] = source.integers
    found = folded(node, known, opsets_or_latest(reading.opsets))
    if node.output[0] not in found:
        raise refusal(node, "it can't be computed on a constant", "store the constant as it is")
    integers: IntArray = found[node.output[0]].astype(np.int64)
    return RealConstant(
        node.output[0], integers, source.scale, source.zero_point, source.dtype, axis
    )


def qlinear_concat(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearConcat(sy, zy, x0, s0, z0, x1, s1, z1, ...)."""
    starts = range(2, len(node.input), 3)
    sources = [_dequantized(reading, node, at) for at in starts]
    plain = onnx.helper.make_node(
        "Concat",
        [node.input[at] for at in starts],
        list(node.output),
        name=node.name,
        axis=attribute(node, "axis"),
    )
    shapes = [s.shape for s in sources]
    (layout,) = layouts(reading, plain, range(len(sources)), shapes)
    joined = arranged(reading, plain, sources, layout, node.output[0])
    divisor, (zero, dtype) = reading.floats(node, 0, "output scale"), zero_point(reading, node, 1)
    _per_tensor(node, divisor, zero)
    return requantized(reading, node, joined, divisor, Written(int(zero), dtype, dtype))


def _dequantized(reading: Reading, node: onnx.NodeProto, at: int) -> Real:
    scale, (zero, _) = reading.floats(node, at + 1, "scale"), zero_point(reading, node, at + 2)
    _per_tensor(node, scale, zero)
    source: Integer = activation(reading, node, at, int(zero))
    return Real(source.shape, source.value, scale, source)


def _per_tensor(node: onnx.NodeProto, scale: Floats, zero: IntArray) -> None:
    if scale.ndim or zero.ndim:
        raise refusal(node, "it is quantized per channel", "quantize activations per tensor")
