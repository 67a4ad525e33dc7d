"""Softmax and ArgMax at the end of a model: dropped, since both keep the (float) argmax."""

from __future__ import annotations

import onnx

from .onnx_file import attribute
from .reading import Reading, refusal
from .tensors import Head, Integer, Real, Tensor


def _logits(reading: Reading, node: onnx.NodeProto, axis: int) -> Real | Integer:
    tensor = reading.tensor(node, 0)
    if isinstance(tensor, Head):
        tensor = tensor.logits
    if not isinstance(tensor, Real | Integer):
        raise refusal(node, "its input is no logits of a quantized layer", "put it last")
    if axis not in (-1, len(tensor.shape)):
        raise refusal(node, f"its axis is {axis}", "apply it over the classes, the last axis")
    return tensor


def softmax(reading: Reading, node: onnx.NodeProto) -> Tensor:
    logits = _logits(reading, node, attribute(node, "axis", -1))
    return Head(logits.shape, logits, node.op_type)


def argmax(reading: Reading, node: onnx.NodeProto) -> Tensor:
    if attribute(node, "select_last_index", 0):
        raise refusal(node, "it breaks ties towards the last index", "set select_last_index to 0")
    logits = _logits(reading, node, attribute(node, "axis", 0))
    return Head(logits.shape, logits, node.op_type)


def qlinear_softmax(reading: Reading, node: onnx.NodeProto) -> Tensor:
    raise refusal(
        node,
        "a quantized Softmax changes the argmax (its 8 bits tie where the logits do not)",
        "leave it out of quantization (nodes_to_exclude), or drop it: the argmax needs none",
    )
