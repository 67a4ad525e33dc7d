"""Evaluates what a model computes from constants alone: weights behind Identity, Transpose, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx

from .onnx_file import Array, array, attribute


def _transpose(node: onnx.NodeProto, value: Array) -> Array:
    return value.transpose(attribute(node, "perm"))


def _cast(node: onnx.NodeProto, value: Array) -> Array:
    return value.astype(onnx.helper.tensor_dtype_to_np_dtype(attribute(node, "to")))


def _same(_node: onnx.NodeProto, value: Array) -> Array:
    return value


FOLDED: Mapping[str, Callable[[onnx.NodeProto, Array], Array]] = {
    "Cast": _cast,
    "Identity": _same,
    "Transpose": _transpose,
}


def _value_of(node: onnx.NodeProto) -> Array | None:
    """What a Constant node holds; None for text and sparse tensors."""
    for item in node.attribute:
        value = onnx.helper.get_attribute_value(item)
        if item.name == "value":
            return array(value)
        if item.name.startswith(("value_int", "value_float")):
            return np.asarray(value)
    return None


def constants(graph: onnx.GraphProto) -> dict[str, Array]:
    """Every tensor of the graph that is known without the data, by name."""
    known = {tensor.name: array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        value = None
        if node.op_type == "Constant":
            value = _value_of(node)
        elif node.op_type in FOLDED and node.input[0] in known:
            value = FOLDED[node.op_type](node, known[node.input[0]])
        if value is not None:
            known[node.output[0]] = value
    return known
