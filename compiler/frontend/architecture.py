"""The public part of a quantized model: everything but the values of weights and biases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import numpy_helper
from zkpot.compiler.errors import InputError

from . import onnx_file

# Inputs that are scales, zero points, shapes, axes or indices: public, whatever their size.
PUBLIC_INPUTS: Mapping[str, frozenset[int]] = {
    "Clip": frozenset({1, 2}),
    "ConvInteger": frozenset({2, 3}),
    "DequantizeLinear": frozenset({1, 2}),
    "Expand": frozenset({1}),
    "Gather": frozenset({1}),
    "GatherElements": frozenset({1}),
    "GatherND": frozenset({1}),
    "MatMulInteger": frozenset({2, 3}),
    "MatMulIntegerToFloat": frozenset({2, 3, 4, 5}),
    "Mul": frozenset({0, 1}),
    "PRelu": frozenset({1}),
    "Pad": frozenset({1, 2, 3}),
    "QGemm": frozenset({1, 2, 4, 5, 7, 8}),
    "QLinearAdd": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearAveragePool": frozenset({1, 2, 3, 4}),
    "QLinearConv": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearGlobalAveragePool": frozenset({1, 2, 3, 4}),
    "QLinearMatMul": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearMul": frozenset({1, 2, 4, 5, 6, 7}),
    "QuantizeLinear": frozenset({1, 2}),
    "ReduceMax": frozenset({1}),
    "ReduceMean": frozenset({1}),
    "ReduceSum": frozenset({1}),
    "Reshape": frozenset({1}),
    "Resize": frozenset({1, 2, 3}),
    "Slice": frozenset({1, 2, 3, 4}),
    "Split": frozenset({1}),
    "Squeeze": frozenset({1}),
    "Tile": frozenset({1}),
    "Unsqueeze": frozenset({1}),
    "Upsample": frozenset({1}),
    "Where": frozenset({0}),
}


def strip_weights(model_bytes: bytes) -> bytes:
    """A QDQ or QOperator model with every weight and bias set to zero; deterministic bytes.

    Scales, zero points, shapes and metadata stay. What isn't known to be public, and has more
    than one element, counts as a weight: also floats that weren't quantized, and what nothing
    reads.
    """
    proto = onnx_file.parse(model_bytes, "the quantized model")
    if proto.graph.sparse_initializer:
        raise InputError("the model has sparse initializers", remedy="export it with dense weights")
    for tensor in _tensors(proto.graph):
        _zero(tensor)
    return onnx_file.serialized(proto)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """The tensors that hold weights or biases, in initializers and in Constant nodes."""
    public, private = _uses(graph)
    constants = [
        (node.output[0], item.t)
        for node in graph.node
        if node.op_type == "Constant"
        for item in node.attribute
        if item.type == onnx.AttributeProto.TENSOR
    ]
    for name, tensor in (*((t.name, t) for t in graph.initializer), *constants):
        single = int(np.prod(tensor.dims)) <= 1
        if not single and (name in private or name not in public):
            yield tensor


def _uses(graph: onnx.GraphProto) -> tuple[set[str], set[str]]:
    """Names that are read at public positions, and at any other.

    What leads to public positions alone, as the arithmetic of shapes does, is public itself.
    """
    public: set[str] = set()
    private: set[str] = {output.name for output in graph.output}
    for node in reversed(graph.node):
        positions = PUBLIC_INPUTS.get(node.op_type, frozenset())
        leads = bool(public.intersection(node.output)) and not private.intersection(node.output)
        for position, name in enumerate(node.input):
            (public if leads or position in positions else private).add(name)
    return public, private


def _zero(tensor: onnx.TensorProto) -> None:
    values = onnx_file.array(tensor)
    zeros = numpy_helper.from_array(np.zeros_like(values), tensor.name)
    zeros.doc_string = tensor.doc_string
    tensor.CopyFrom(zeros)
