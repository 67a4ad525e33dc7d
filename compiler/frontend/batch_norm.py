"""BatchNormalization, which only a float layer before it can take up."""

from __future__ import annotations

import onnx

from .reading import Reading, refusal
from .tensors import Tensor


def batch_normalization(_reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Refused: its factors are private floats, and float32 rounds what it gives."""
    raise refusal(
        node,
        "it multiplies channels by private floats, which no integers equal",
        "fold it into the Conv or Gemm before it, and quantize that: zkpot quantize does, "
        "and so does quant_pre_process before quantize_static",
    )
