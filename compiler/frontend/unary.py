"""Functions of one dequantized 8-bit tensor: tables, whatever they are made of."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import onnx

from .quantization import Written
from .reading import Reading, activation, node_name, refusal, zero_point
from .region import DATA, Region
from .tabulation import tabulated
from .tensors import Function, Integer, Real, RealConstant, Tensor

SLOPES = {"PRelu": 1}
"""Constants that may have an element a channel: they become part of the circuit, and public."""


def pointwise(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Any function of each element of one dequantized 8-bit tensor: a table, as exact as
    onnxruntime. All other inputs are constants of one element."""
    found = one_source(reading, node)
    if found is None:
        raise refusal(
            node,
            "it reads several tensors that depend on the data, or constants of several elements",
            "quantize its result in parts: Add, Sub and Mul of two dequantized 8-bit tensors",
        )
    return found


def prelu(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A table for each distinct slope; the slopes are constant, and public."""
    return pointwise(reading, node)


def cast(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """From float32 to float32, or inside a function of one 8-bit tensor."""
    source = reading.tensor(node, 0)
    if isinstance(source, Function):
        return pointwise(reading, node)
    to = next(int(a.i) for a in node.attribute if a.name == "to")
    if isinstance(source, Integer | RealConstant) or to != onnx.TensorProto.FLOAT:
        name = onnx.helper.tensor_dtype_to_string(to)
        raise refusal(node, f"it casts to {name}", "keep float32 between quantized tensors")
    return source


def one_source(reading: Reading, node: onnx.NodeProto) -> Function | None:
    """``node`` as a function of one 8-bit tensor; None if it reads several, or constants of
    several elements. A refusal if what it reads is not 8-bit."""
    data, bare, constant = list[Function](), True, False
    for position, name in enumerate(node.input):
        if name in reading.constants:
            slope = SLOPES.get(node.op_type) == position
            bare &= slope or reading.constants[name].size == 1
            constant = True
        elif name:
            tensor = reading.tensor(node, position)
            if isinstance(tensor, RealConstant):
                bare &= prod(tensor.shape) == 1
                constant = True
            else:
                data.append(_function(node, position, tensor))
    sources = {(f.source.value, f.shape) for f in data}
    if not bare or len(sources) != 1:
        return None
    if constant:
        reading.tabulated[node_name(node)] = None
    return replace(data[0], result=node.output[0])


def _function(node: onnx.NodeProto, position: int, tensor: Tensor) -> Function:
    if isinstance(tensor, Function):
        return tensor
    if isinstance(tensor, Real) and tensor.integer is not None:
        return Function(tensor.shape, tensor.integer, node.input[position])
    raise refusal(
        node,
        f"its input {node.input[position]!r} is no dequantized 8-bit tensor",
        "put a QuantizeLinear and a DequantizeLinear before it",
    )


def qlinear_unary(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearSigmoid or QLinearLeakyRelu(x, sx, zx, sy, zy): a table."""
    x_zero, (y_zero, dtype) = zero_point(reading, node, 2)[0], zero_point(reading, node, 4)
    if x_zero.ndim or y_zero.ndim:
        raise refusal(node, "it is quantized per channel", "quantize it per tensor")
    source = activation(reading, node, 0, int(x_zero))
    # The bytes stand as the node has them; only a DequantizeLinear may see others.
    source = replace(source, kernel=source.dtype)
    bare = onnx.NodeProto()
    bare.CopyFrom(node)
    bare.input[0] = DATA
    constants = {k: reading.constants[k] for k in node.input[1:] if k in reading.constants}
    region = Region(node.output[0], [bare], constants)
    value = tabulated(reading, node, source, region, np.array(y_zero, dtype))
    return Written(int(y_zero), dtype, dtype).tensor(source.shape, value)
