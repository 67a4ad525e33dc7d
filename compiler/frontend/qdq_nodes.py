"""The ONNX nodes that each kind of float node becomes in a QDQ model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper
from zkpot.compiler.float_graph import FloatNode
from zkpot.compiler.float_nodes import AveragePool, Linear, MaxPool, Movement, Product, Sum
from zkpot.compiler.integer_graph import IntegerGraph
from zkpot.compiler.ops.geometry import Geometry
from zkpot.compiler.quantize import Exponents, Grid

from . import qdq_grid
from .float_moves import OnnxMovement
from .float_unary import OnnxUnary
from .float_windows import after, is_whole
from .onnx_file import Array


@dataclass(frozen=True)
class Fragment:
    """Nodes and the constants that they read; ``output`` is the tensor to go on with."""

    nodes: tuple[onnx.NodeProto, ...]
    output: str
    constants: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a node is written: what it reads by then."""

    model: IntegerGraph
    inputs: Sequence[str]


def fragment(model: IntegerGraph, node: FloatNode, inputs: Sequence[str]) -> Fragment:
    """``node`` reading the tensors ``inputs``, with its weights and with the bounds that rounding
    its output to uint8 doesn't keep."""
    write = next(write for kind, write in WRITERS.items() if isinstance(node, kind))
    made = write(node, Place(model, inputs))
    return _bounded(made, node, model.grid(node.output))


def through_uint8(tensor: str, grid: Grid) -> Fragment:
    """``tensor`` to uint8 and back."""
    quantized, output = f"{tensor}_quantized", f"{tensor}_dequantized"
    nodes = (
        qdq_grid.quantize(tensor, quantized, tensor),
        qdq_grid.dequantize(quantized, output, tensor),
    )
    return Fragment(nodes, output, qdq_grid.constants(tensor, grid))


def _bounded(made: Fragment, node: FloatNode, grid: Grid | None) -> Fragment:
    relu_by_saturation = node.lo == 0 and grid is not None and grid.zero_point == 0
    if grid is None or node.linear or (relu_by_saturation and math.isinf(node.hi)):
        return made
    output = f"{made.output}_clipped"
    names = [f"{output}_{bound}" for bound in ("min", "max")]
    if node.lo == 0 and math.isinf(node.hi):
        clip = helper.make_node("Relu", [made.output], [output], name=output)
        return Fragment((*made.nodes, clip), output, made.constants)
    bounds = {
        name: np.asarray(bound, np.float32)
        for name, bound in zip(names, (node.lo, node.hi), strict=True)
        if math.isfinite(bound)
    }
    inputs = [made.output, *(name if name in bounds else "" for name in names)]
    clip = helper.make_node("Clip", inputs, [output], name=output)
    return Fragment((*made.nodes, clip), output, {**made.constants, **bounds})


def _parameter(name: str, values: Array, exponents: Exponents, axis: int) -> Fragment:
    """Integers of zero point 0, dequantized; along ``axis`` for one exponent a channel."""
    integers, output = f"{name}_quantized", f"{name}_dequantized"
    scales = np.array([qdq_grid.power_of_two(e) for e in exponents], np.float32)
    along = axis if len(exponents) > 1 else None
    node = qdq_grid.dequantize(integers, output, name, along)
    if len(exponents) == 1:
        scales = scales.reshape(())
    constants = {
        integers: values,
        f"{name}_scale": scales,
        f"{name}_zero_point": np.zeros(scales.shape, values.dtype),
    }
    return Fragment((node,), output, constants)


def _linear(node: FloatNode, place: Place) -> Fragment:
    assert isinstance(node, Linear)
    layer = place.model.layer(node)
    integers, axis = layer.weight.astype(np.int8), 1
    if node.window is not None:
        spatial = node.window.kernel if len(node.shape) == 3 else node.window.kernel[1:]
        depth = node.window.image[0] // node.groups
        integers, axis = integers.T.reshape(node.channels, depth, *spatial), 0
    weight = _parameter(
        node.weight_name, np.ascontiguousarray(integers), layer.weight_exponents, axis
    )
    biases = layer.bias.astype(np.int32)
    bias = _parameter(node.bias_name, biases, layer.accumulator_exponents, 0)
    nodes = _layer_nodes(node, place.inputs[0], weight.output, bias.output)
    return Fragment(
        (*weight.nodes, *bias.nodes, *nodes),
        node.output,
        {**weight.constants, **bias.constants},
    )


def _layer_nodes(node: Linear, source: str, weight: str, bias: str) -> tuple[onnx.NodeProto, ...]:
    if node.window is not None:
        made = helper.make_node("Conv", [source, weight, bias], [node.output], name=node.name)
        spatial = len(node.shape) - 1
        dilations = node.window.dilations[-spatial:]
        _set(made, group=node.groups, dilations=list(dilations), **_windows(node, node.window))
        return (made,)
    if len(node.shape) == 1:
        gemm = helper.make_node("Gemm", [source, weight, bias], [node.output], name=node.name)
        return (gemm,)
    product = f"{node.output}_product"
    return (
        helper.make_node("MatMul", [source, weight], [product], name=node.name),
        helper.make_node("Add", [product, bias], [node.output], name=f"{node.name}_bias"),
    )


def _set(node: onnx.NodeProto, **attributes: int | list[int]) -> None:
    node.attribute.extend(helper.make_attribute(k, v) for k, v in attributes.items())


def _windows(node: FloatNode, window: Geometry) -> dict[str, list[int]]:
    """What Conv and the pools have in common; without rows for one-dimensional samples."""
    first = 3 - len(node.shape)
    return {
        "kernel_shape": list(window.kernel[first:]),
        "strides": list(window.strides[first:]),
        "pads": [*window.pads[first:], *after(window)[first:]],
    }


def _average_pool(node: FloatNode, place: Place) -> Fragment:
    assert isinstance(node, AveragePool)
    if is_whole(node.window):
        made = helper.make_node("GlobalAveragePool", place.inputs, [node.output], name=node.name)
        return Fragment((made,), node.output)
    made = helper.make_node("AveragePool", place.inputs, [node.output], name=node.name)
    _set(made, count_include_pad=int(node.padded), **_windows(node, node.window))
    return Fragment((made,), node.output)


def _max_pool(node: FloatNode, place: Place) -> Fragment:
    assert isinstance(node, MaxPool)
    made = helper.make_node("MaxPool", place.inputs, [node.output], name=node.name)
    dilations = node.window.dilations[3 - len(node.shape) :]
    _set(made, dilations=list(dilations), **_windows(node, node.window))
    return Fragment((made,), node.output)


def _sum(node: FloatNode, place: Place) -> Fragment:
    assert isinstance(node, Sum)
    operator = "Add" if node.sign > 0 else "Sub"
    made = helper.make_node(operator, place.inputs, [node.output], name=node.name)
    return Fragment((made,), node.output)


def _product(node: FloatNode, place: Place) -> Fragment:
    made = helper.make_node("Mul", place.inputs, [node.output], name=node.name)
    return Fragment((made,), node.output)


def _kept(node: FloatNode, place: Place) -> Fragment:
    assert isinstance(node, OnnxMovement | OnnxUnary)
    nodes = tuple(node.snippet.placed(place.inputs, node.output, node.name))
    constants = {f"{node.output}_{name}": v for name, v in node.snippet.constants.items()}
    return Fragment(nodes, node.output, constants)


def _reshape(node: FloatNode, place: Place) -> Fragment:
    if len(node.shape) == 1:
        flat = helper.make_node("Flatten", place.inputs, [node.output], name=node.name, axis=1)
        return Fragment((flat,), node.output)
    shape = f"{node.output}_shape"
    made = helper.make_node("Reshape", [*place.inputs, shape], [node.output], name=node.name)
    return Fragment((made,), node.output, {shape: np.array([0, *node.shape], np.int64)})


WRITERS: Mapping[type[FloatNode], Callable[[FloatNode, Place], Fragment]] = {
    Linear: _linear,
    AveragePool: _average_pool,
    MaxPool: _max_pool,
    Sum: _sum,
    Product: _product,
    OnnxMovement: _kept,
    OnnxUnary: _kept,
    Movement: _reshape,
}
