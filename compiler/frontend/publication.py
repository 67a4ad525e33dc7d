"""What of an ONNX file is published at all: the fields that describe the graph, and no other."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import onnx
from google.protobuf.message import Message  # type: ignore[import-untyped]

FIELDS: Mapping[str, frozenset[str]] = {
    "ModelProto": frozenset(
        {"ir_version", "opset_import", "producer_name", "producer_version"}
        | {"graph", "metadata_props"}
    ),
    "OperatorSetIdProto": frozenset({"domain", "version"}),
    "StringStringEntryProto": frozenset({"key", "value"}),
    "GraphProto": frozenset({"name", "node", "initializer", "input", "output", "value_info"}),
    "NodeProto": frozenset({"name", "domain", "op_type", "input", "output", "attribute"}),
    "AttributeProto": frozenset(
        {"name", "type", "f", "i", "s", "t", "floats", "ints", "strings"},
    ),
    "TensorProto": frozenset({"name", "dims", "data_type", "raw_data"}),
    "ValueInfoProto": frozenset({"name", "type"}),
    "TypeProto": frozenset({"tensor_type"}),
    "Tensor": frozenset({"elem_type", "shape"}),
    "TensorShapeProto": frozenset({"dim"}),
    "Dimension": frozenset({"dim_value", "dim_param"}),
}
"""Message by message. What isn't here goes: training states, functions, comments, annotations,
metadata of nodes and tensors, and what later versions of the format may add."""

ARRAYS = frozenset({"ConstantOfShape", "Upsample"})
"""Operators that are known to have arrays of numbers as attributes, and public ones."""


def published(model: onnx.ModelProto, metadata: Collection[str]) -> onnx.ModelProto:
    """``model`` with the fields of `FIELDS` alone, the operator sets that its nodes are of, and of
    its metadata those named."""
    found = onnx.ModelProto()
    found.CopyFrom(model)
    found.DiscardUnknownFields()
    domains = {"", "ai.onnx", *(node.domain for node in model.graph.node)}
    opsets = [one for one in model.opset_import if one.domain in domains]
    entries = [entry for entry in model.metadata_props if entry.key in metadata]
    del found.metadata_props[:], found.opset_import[:]
    found.opset_import.extend(opsets)
    found.metadata_props.extend(entries)
    _restrict(found)
    return found


def _restrict(message: Message) -> None:
    allowed = FIELDS[message.DESCRIPTOR.name]
    for field, value in message.ListFields():
        if field.name not in allowed:
            message.ClearField(field.name)
        elif field.message_type is not None:
            for each in [value] if isinstance(value, Message) else value:
                _restrict(each)
