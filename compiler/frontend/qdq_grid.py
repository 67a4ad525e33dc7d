"""QuantizeLinear and DequantizeLinear of one power-of-two scale."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper
from zkpot.compiler.quantize import Grid

from .onnx_file import Array


def power_of_two(exponent: int) -> np.float32:
    """The scale 2^-exponent."""
    return np.float32(np.ldexp(1.0, -exponent))


def constants(prefix: str, grid: Grid) -> dict[str, Array]:
    """Scale and zero point of a uint8 tensor, by the names that `quantize` reads."""
    scale, zero = _names(prefix)
    return {
        scale: np.asarray(power_of_two(grid.exponent)),
        zero: np.asarray(grid.zero_point, np.uint8),
    }


def quantize(source: str, output: str, prefix: str) -> onnx.NodeProto:
    """``source`` to uint8."""
    inputs = [source, *_names(prefix)]
    return helper.make_node("QuantizeLinear", inputs, [output], name=f"{prefix}_QuantizeLinear")


def dequantize(source: str, output: str, prefix: str, axis: int | None = None) -> onnx.NodeProto:
    """``source`` back to float32; along ``axis`` for one scale a channel."""
    inputs = [source, *_names(prefix)]
    name = f"{prefix}_DequantizeLinear"
    return helper.make_node("DequantizeLinear", inputs, [output], name=name, axis=axis)


def _names(prefix: str) -> tuple[str, str]:
    return f"{prefix}_scale", f"{prefix}_zero_point"
