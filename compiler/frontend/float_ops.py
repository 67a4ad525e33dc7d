"""How each operator of a float model is read."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import onnx
from zkpot.compiler.float_nodes import Linear, Product, Sum
from zkpot.compiler.quantize import FloatArray

from . import float_moves, float_unary, float_windows
from .float_affine import affine, batch_norm, sample_constant
from .float_reading import (
    RESHAPES,
    FloatReading,
    Reader,
    flag,
    infinite,
    node_name,
    refused,
    scalar,
)
from .onnx_file import attribute, describe


def _dense(
    reading: FloatReading, node: onnx.NodeProto, weight: FloatArray, bias: FloatArray | None
) -> None:
    source = reading.data(node)
    shape = reading.shape(source)
    if weight.ndim != 2 or not shape or weight.shape[0] != shape[-1]:
        raise refused(
            node,
            f"it multiplies samples of shape {shape} by weights of shape {weight.shape}",
            "flatten the samples before the first dense layer",
        )
    size, name = weight.shape[1], node_name(node)
    full = np.zeros(size) if bias is None else _row(node, bias, size)
    named = len(node.input) > 2 and node.input[2]
    reading.add(
        Linear(
            name=name,
            inputs=(source,),
            output=node.output[0],
            shape=(*shape[:-1], size),
            weight=weight,
            bias=full,
            weight_name=node.input[1],
            bias_name=node.input[2] if named else f"{name}_bias",
        )
    )


def _row(node: onnx.NodeProto, bias: FloatArray, size: int) -> FloatArray:
    """A bias as float64 [size]."""
    if bias.size != 1 and (bias.size != size or bias.shape[-1] != size):
        raise refused(
            node, f"its bias has shape {bias.shape} for {size} outputs", "give it one value each"
        )
    return np.array(np.broadcast_to(bias.reshape(-1), (size,)))


def _gemm(reading: FloatReading, node: onnx.NodeProto) -> None:
    if attribute(node, "transA", 0):
        raise refused(node, "transA is set", "export it with samples first (transA = 0)")
    weight, bias = reading.required(node, 1).astype(np.float64), reading.constant(node, 2)
    weight = weight.T if attribute(node, "transB", 0) else weight
    if bias is not None:
        bias = bias.astype(np.float64) * float(attribute(node, "beta", 1.0))
    _dense(reading, node, weight * float(attribute(node, "alpha", 1.0)), bias)


def _matmul(reading: FloatReading, node: onnx.NodeProto) -> None:
    if len(reading.shape(reading.data(node))) == 0:
        raise refused(node, "its samples are numbers", "give it vectors")
    _dense(reading, node, reading.required(node, 1).astype(np.float64), None)


def _pair(reading: FloatReading, node: onnx.NodeProto) -> None:
    """Add, Sub, Mul, Div, ...: with a constant, of one tensor, or of two."""
    if any(reading.is_constant(node, i) for i in (0, 1)):
        _with_constant(reading, node)
    elif float_unary.same_source(reading, node):
        float_unary.unary(reading, node)
    elif node.op_type in ("Add", "Sub", "Mul"):
        _two(reading, node)
    else:
        raise refused(node, "it takes two tensors that depend on the data", "use Add, Sub or Mul")


def _two(reading: FloatReading, node: onnx.NodeProto) -> None:
    first, second = (reading.data(node, i) for i in (0, 1))
    shapes = (reading.shape(first), reading.shape(second))
    name, output = node_name(node), node.output[0]
    shape, inputs = reading.shape(output), (first, second)
    if node.op_type == "Mul":
        made = Product(name=name, inputs=inputs, output=output, shape=shape, shapes=shapes)
        reading.add(made)
        return
    sign = -1 if node.op_type == "Sub" else 1
    reading.add(Sum(name=name, inputs=inputs, output=output, shape=shape, shapes=shapes, sign=sign))


def _with_constant(reading: FloatReading, node: onnx.NodeProto) -> None:
    position = 1 if reading.is_constant(node, 1) else 0
    linear = _as_affine(reading, node, position)
    function = float_unary.from_constants(reading, node)
    before = reading.nodes.get(reading.data(node, 1 - position))
    if linear is not None and not isinstance(before, float_unary.OnnxUnary):
        affine(reading, node if position else _swapped(node), *linear, function)
    elif function is not None:
        reading.add(function)
    else:
        raise refused(node, "its constant has more than one element", "give it one for all")


def _swapped(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.input[:] = node.input[::-1]
    return copy


def _as_affine(
    reading: FloatReading, node: onnx.NodeProto, position: int
) -> tuple[FloatArray, FloatArray] | None:
    """Factor and shift of an operation with a constant; None where it is no such."""
    value = sample_constant(reading, node, position)
    one, none = np.ones(()), np.zeros(())
    operator = node.op_type
    if operator == "Add":
        return one, value
    if operator == "Mul":
        return value, none
    if operator == "Sub":
        return (one, -value) if position else (-one, value)
    if operator == "Div" and position and value.all():
        return 1 / value, none
    return None


def _relu(reading: FloatReading, node: onnx.NodeProto) -> None:
    if not reading.bounded(node, 0.0, math.inf):
        float_unary.unary(reading, node)


def _clip(reading: FloatReading, node: onnx.NodeProto) -> None:
    lo, hi = (
        infinite(scalar(reading.constant(node, i), attribute(node, name, default)))
        for i, name, default in ((1, "min", -math.inf), (2, "max", math.inf))
    )
    if lo >= hi:
        raise refused(node, "what it puts out is constant", "correct its bounds")
    if not reading.bounded(node, lo, hi):
        float_unary.unary(reading, node)


def _cast(_reading: FloatReading, node: onnx.NodeProto) -> None:
    raise refused(node, "it casts to another type than float32", "export the model in float32")


def _dropout(reading: FloatReading, node: onnx.NodeProto) -> None:
    training = reading.constant(node, 2)
    if training is not None and bool(training.any()):
        raise refused(node, "it is in training mode", "export the model for inference")


def _identity(_reading: FloatReading, _node: onnx.NodeProto) -> None:
    """Its output is known under its input's name."""


def _softmax(reading: FloatReading, node: onnx.NodeProto) -> None:
    axis = flag(node, "axis", 1 if reading.opset < 13 else -1)
    _at_the_end(reading, node, axis, "it doesn't change which class is greatest")


def _monotone(reading: FloatReading, node: onnx.NodeProto) -> None:
    """Sigmoid and Tanh: dropped at the very end, as Softmax is."""
    if node.output[0] == reading.output:
        _at_the_end(reading, node, -1, "it doesn't change which class is greatest")
    else:
        float_unary.unary(reading, node)


def _argmax(reading: FloatReading, node: onnx.NodeProto) -> None:
    warning = "the quantized model puts out float logits, and ties go to the lowest class"
    _at_the_end(reading, node, flag(node, "axis", 0), warning)


def _at_the_end(reading: FloatReading, node: onnx.NodeProto, axis: int, effect: str) -> None:
    source = reading.data(node)
    if not any(isinstance(made, Linear) for made in reading.nodes.values()) or axis not in (
        -1,
        len(reading.shape(source)),
    ):
        raise refused(
            node, "it doesn't run over the classes of dense logits", "use axis=1 at the very end"
        )
    reading.warnings.append(f"{describe(node)} is left out: {effect}")
    reading.ended = node.op_type
    reading.same[node.output[0]] = source


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(float_unary.FUNCTIONS, float_unary.unary),
    **dict.fromkeys(float_unary.PAIRS, _pair),
    **dict.fromkeys(RESHAPES, float_moves.reshape),
    **dict.fromkeys(
        (
            "Concat",
            "DepthToSpace",
            "Expand",
            "Gather",
            "Pad",
            "Resize",
            "Slice",
            "SpaceToDepth",
            "Tile",
            "Transpose",
            "Upsample",
        ),
        float_moves.move,
    ),
    "ArgMax": _argmax,
    "AveragePool": float_windows.average_pool,
    "BatchNormalization": batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Conv": float_windows.conv,
    "Dropout": _dropout,
    "Gemm": _gemm,
    "GlobalAveragePool": float_windows.global_average_pool,
    "GlobalMaxPool": float_windows.global_max_pool,
    "Identity": _identity,
    "LogSoftmax": _softmax,
    "MatMul": _matmul,
    "MaxPool": float_windows.max_pool,
    "ReduceMean": float_windows.reduce_mean,
    "Relu": _relu,
    "Sigmoid": _monotone,
    "Softmax": _softmax,
    "Split": float_moves.split,
    "Tanh": _monotone,
}
