"""Which ONNX operators are read, and by which function."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import onnx

from . import conv, dense, elementwise, heads, quantization, shapes
from .reading import Reading
from .tensors import Tensor

Reader: TypeAlias = "Callable[[Reading, onnx.NodeProto], Tensor | tuple[Tensor, ...]]"
"""Gives what the node's output is, or one tensor for each of its outputs."""

MICROSOFT = "com.microsoft"

OPERATORS: dict[tuple[str, str], Reader] = {
    ("", "Add"): elementwise.add,
    ("", "ArgMax"): heads.argmax,
    ("", "Clip"): elementwise.clip,
    ("", "Conv"): conv.conv,
    ("", "DequantizeLinear"): quantization.dequantize_linear,
    ("", "Dropout"): shapes.identity,
    ("", "Flatten"): shapes.flatten,
    ("", "Gemm"): dense.gemm,
    ("", "Identity"): shapes.identity,
    ("", "LogSoftmax"): heads.softmax,
    ("", "MatMul"): dense.matmul,
    ("", "QLinearConv"): conv.qlinear_conv,
    ("", "QLinearMatMul"): dense.qlinear_matmul,
    ("", "QuantizeLinear"): quantization.quantize_linear,
    ("", "Relu"): elementwise.relu,
    ("", "Reshape"): shapes.reshape,
    ("", "Softmax"): heads.softmax,
    ("", "Squeeze"): shapes.squeeze,
    ("", "Unsqueeze"): shapes.unsqueeze,
    (MICROSOFT, "DequantizeLinear"): quantization.dequantize_linear,
    (MICROSOFT, "QGemm"): dense.qgemm,
    (MICROSOFT, "QLinearAdd"): elementwise.qlinear_add,
    (MICROSOFT, "QLinearSoftmax"): heads.qlinear_softmax,
    (MICROSOFT, "QuantizeLinear"): quantization.quantize_linear,
}
