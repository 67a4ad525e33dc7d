"""MatMul, Gemm and onnxruntime's QLinearMatMul and QGemm."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import onnx

from ..ops.base import IntArray
from ..ops.geometry import Geometry
from . import linear
from .linear import Operands
from .onnx_file import attribute
from .reading import Reading, node_name, refusal
from .tensors import Floats, Real, Tensor


def matmul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Y = A·B of dequantized A (data, of one or more rows) and B (weights)."""
    operands = linear.dequantized(reading, node)
    # Between int8 tensors, onnxruntime has an integer kernel for Gemm only.
    kernel = None if operands.kernel == "int8" else operands.kernel
    return product(reading, node, replace(operands, kernel=kernel))


def gemm(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Y = A·B + C of dequantized A (data), B (weights) and C (int32 bias)."""
    _plain_gemm(node)
    transpose = bool(attribute(node, "transB", 0))
    return product(reading, node, linear.dequantized(reading, node), transpose=transpose)


def _plain_gemm(node: onnx.NodeProto) -> None:
    for name, wanted in (("alpha", 1.0), ("beta", 1.0), ("transA", 0)):
        if attribute(node, name, wanted) != wanted:
            raise refusal(node, f"its attribute {name} is not {wanted}", "fold it into the weights")


def qlinear_matmul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """QLinearMatMul(a, sa, za, b, sb, zb, sy, zy)."""
    operands = linear.integers(reading, node, bias_at=None)
    return linear.finish(reading, node, product(reading, node, operands), 6)


def qgemm(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QGemm(a, sa, za, b, sb, zb, c?, sy?, zy?); float output without sy."""
    _plain_gemm(node)
    transpose = bool(attribute(node, "transB", 0))
    bias_at = 6 if len(node.input) > 6 and node.input[6] else None
    operands = linear.integers(reading, node, bias_at=bias_at)
    accumulated = product(reading, node, operands, transpose=transpose)
    if len(node.input) <= 7 or not node.input[7]:
        return accumulated
    return linear.finish(reading, node, accumulated, 7)


def product(
    reading: Reading, node: onnx.NodeProto, operands: Operands, *, transpose: bool = False
) -> Real:
    """The accumulators of x·weight + bias, at the operands' scale."""
    x, weight = operands.x, operands.weight
    places = weight.places.T if transpose else weight.places
    if places.ndim != 2 or x.shape[-1:] != places.shape[:1]:
        raise refusal(
            node,
            f"a sample of shape {list(x.shape)} meets a weight of shape {list(places.shape)}",
            "flatten the sample to one axis that fits the weight",
        )
    width = int(places.shape[1])
    linear.along_outputs(node, weight, 0 if transpose else 1, width)
    rows = math.prod(x.shape[:-1])
    if rows == 1:
        value = linear.emit(reading, node, linear.Layer("dense", x.value, places), operands)
    else:
        value = _rows(reading, node, rows, places, operands)
    scale = _repeated(operands.scale, rows)
    return Real((*x.shape[:-1], width), value, scale, kernel=operands.kernel)


def _repeated(scale: Floats, rows: int) -> Floats:
    """One scale a channel as one an element of rows whose last axis is the channels."""
    return np.tile(scale, rows) if scale.ndim else scale


def _rows(
    reading: Reading, node: onnx.NodeProto, rows: int, places: IntArray, operands: Operands
) -> str:
    """A convolution with kernel 1 x 1 over the rows, which ONNX has before the channels."""
    depth, width = places.shape
    one = (1, 1)
    shape = Geometry((depth, 1, rows), one, one, one, (0, 0), (1, rows))
    name, output = node_name(node), node.output[0]
    columns = _transposed(reading, name, operands.x.value, rows, depth, f"{output}.columns")
    layer = linear.Layer("conv", columns, places, {**shape.attrs, "groups": 1})
    found = linear.emit(reading, node, layer, operands)
    return _transposed(reading, name, found, width, rows, f"{output}.rows")


def _transposed(
    reading: Reading, name: str, value: str, rows: int, columns: int, output: str
) -> str:
    order = np.arange(rows * columns).reshape(rows, columns).T.reshape(-1)
    return reading.select(name, (value,), order.tolist(), output)
