"""Softmax and ArgMax at the end of a model: dropped, since both keep the (float) argmax."""

from __future__ import annotations

from math import prod

import onnx

from .onnx_file import attribute
from .reading import Reading, refusal
from .tensors import Head, Integer, Real, Tensor


def _head(reading: Reading, node: onnx.NodeProto, axis: int) -> Head:
    tensor = reading.tensor(node, 0)
    if isinstance(tensor, Head):
        if tensor.operator == "ArgMax":
            raise refusal(node, "it reads the result of an ArgMax", "put it last")
        return Head(tensor.shape, tensor.source, tensor.logits, node.op_type)
    if not isinstance(tensor, Real | Integer):
        raise refusal(node, "its input is no logits of a quantized layer", "put it last")
    if axis not in (-1, len(tensor.shape)):
        raise refusal(node, f"its axis is {axis}", "apply it over the classes, the last axis")
    if prod(tensor.shape[:-1]) != 1:
        raise refusal(
            node,
            f"its input's samples have shape {list(tensor.shape)}, several rows of classes",
            "give one class a sample: flatten the logits before it",
        )
    return Head(tensor.shape, node.input[0], tensor, node.op_type)


def softmax(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Softmax or LogSoftmax over the classes."""
    return _head(reading, node, attribute(node, "axis", -1))


def argmax(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """ArgMax over the classes, ties to the lowest index."""
    if attribute(node, "select_last_index", 0):
        raise refusal(node, "it breaks ties towards the last index", "set select_last_index to 0")
    return _head(reading, node, attribute(node, "axis", 0))


def qlinear_softmax(_reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Refused: 8 bits of a Softmax tie where the logits do not, which changes the argmax."""
    raise refusal(
        node,
        "a quantized Softmax changes the argmax (its 8 bits tie where the logits do not)",
        "leave it out of quantization (nodes_to_exclude), or drop it: the argmax needs none",
    )
