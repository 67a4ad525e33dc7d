"""Evaluates what a model computes from constants alone: weights behind Identity, Transpose, ..."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx

from .onnx_file import Array, array
from .single_node import NodeError, single_node

NOT_FOLDED = frozenset(
    {
        # What a constant is dequantized from is wanted itself.
        "DequantizeLinear",
        "QuantizeLinear",
        # Every run gives something else.
        "Bernoulli",
        "Multinomial",
        "RandomNormalLike",
        "RandomUniformLike",
        "Dropout",
    }
)
LATEST = 21
"""The operator set for callers who don't tell: a node that it knows no more isn't folded."""


def opsets_or_latest(
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> Sequence[onnx.OperatorSetIdProto]:
    """``opsets``, or a recent one where there are none."""
    return opsets or [onnx.helper.make_opsetid("", LATEST)]


def constants(
    graph: onnx.GraphProto, opsets: Sequence[onnx.OperatorSetIdProto] = ()
) -> dict[str, Array]:
    """Every tensor of the graph that is known without the data and its shape, by name.

    ``opsets``: the model's operator sets.
    """
    known = {tensor.name: array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            value = _value_of(node)
            if value is not None:
                known[node.output[0]] = value
        elif foldable(node) and all(name in known for name in node.input if name):
            known.update(folded(node, known, opsets))
    return known


def foldable(node: onnx.NodeProto) -> bool:
    """Whether ``node`` is a function of its inputs alone, in ONNX's own operator set."""
    standard = node.domain in ("", "ai.onnx") and node.op_type not in NOT_FOLDED
    closed = not any(a.type == onnx.AttributeProto.GRAPH for a in node.attribute)
    return standard and closed and any(node.input)


def folded(
    node: onnx.NodeProto,
    known: Mapping[str, Array],
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> dict[str, Array]:
    """The outputs of ``node``, all of whose inputs are ``known``; nothing if it can't be run."""
    try:
        found = single_node(node, known, opsets_or_latest(opsets))
    except NodeError:
        return {}
    return {k: np.asarray(v) for k, v in zip(node.output, found, strict=True) if k}


def _value_of(node: onnx.NodeProto) -> Array | None:
    """What a Constant node holds; None for text and sparse tensors."""
    for item in node.attribute:
        value = onnx.helper.get_attribute_value(item)
        if item.name == "value":
            return array(value)
        if item.name.startswith("value_int"):
            return np.asarray(value, np.int64)
        if item.name.startswith("value_float"):
            return np.asarray(value, np.float32)
    return None
