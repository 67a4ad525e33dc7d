"""Operators that do nothing in inference: Identity, Dropout."""

from __future__ import annotations

import onnx

from .reading import Reading, refusal
from .tensors import Tensor


def identity(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The input as it is; Dropout too, as it does nothing in inference."""
    if len(node.input) > 2 and node.input[2] and reading.constant(node, 2, "training mode").any():
        raise refusal(node, "it is in training mode", "export the model for inference")
    return reading.tensor(node, 0)
