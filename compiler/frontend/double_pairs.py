"""Refuses what onnxruntime does not compute as the model says: one pair of QuantizeLinear and
DequantizeLinear right behind another."""

from __future__ import annotations

import onnx

from .reading import Reading, refusal

VANISHING = frozenset({"Cast", "Dropout", "Expand", "Identity"})
"""What onnxruntime removes where it does nothing."""


def require_single_pair(reading: Reading, node: onnx.NodeProto) -> None:
    """For a QuantizeLinear of a dequantized tensor, which changes its scale or zero point.

    onnxruntime makes one pair of two and gives it a scale of its own, so that values differ by
    more than rounding. It keeps both if anything is left between them; a Transpose is not, where
    it meets another one behind the second pair.
    """
    before, transposed = reading.producers.get(node.input[0]), False
    while before is not None and _passes(reading, before):
        transposed |= before.op_type == "Transpose"
        before = reading.producers.get(before.input[0])
    if before is None or before.op_type != "DequantizeLinear":
        return
    first = reading.producers.get(before.input[0])
    behind = [r for r in _readers(reading, node) if r.op_type == "DequantizeLinear"]
    if transposed:
        behind = [r for d in behind for r in _readers(reading, d) if r.op_type == "Transpose"]
    if first is not None and first.op_type == "QuantizeLinear" and behind:
        raise refusal(
            node,
            "it quantizes what was just quantized to another scale or zero point, and onnxruntime "
            "makes one quantization of the two",
            "leave out one of the two",
        )


def _passes(reading: Reading, node: onnx.NodeProto) -> bool:
    if node.op_type == "Transpose":
        return True
    shapes = [reading.tensors[name].shape for name in (node.input[0], node.output[0])]
    return node.op_type in VANISHING and shapes[0] == shapes[1]


def _readers(reading: Reading, node: onnx.NodeProto) -> list[onnx.NodeProto]:
    return [r for r in reading.readers.get(node.output[0], ()) if r is not None]
