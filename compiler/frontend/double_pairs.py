"""Refuses what onnxruntime does not compute as the model says: one pair of QuantizeLinear and
DequantizeLinear right behind another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from .onnx_file import Array, attribute
from .reading import Reading, refusal
from .tensors import Function, Real, RealConstant

VANISHING = frozenset({"Cast", "Dropout", "Expand", "Identity", "Slice"})
"""What onnxruntime removes where it does nothing."""

NEUTRAL: Mapping[str, float] = {"Add": 0.0, "Div": 1.0, "Mul": 1.0, "Sub": 0.0}
"""Operators that it removes if their constant is this one."""


def require_single_pair(reading: Reading, node: onnx.NodeProto) -> None:
    """For a QuantizeLinear of a dequantized tensor, perhaps with another scale or zero point.

    onnxruntime makes one pair of two of a type and gives it a scale of its own, so that values
    differ by more than rounding. It keeps both if anything is left between them; a Transpose is
    not, where it meets another one behind the second pair. Measured.
    """
    before, moved = _dequantizer(reading, node)
    first = None if before is None else reading.producers.get(before.input[0])
    if before is None or first is None or first.op_type != "QuantizeLinear":
        return
    behind = [r for r in _readers(reading, node) if r.op_type == "DequantizeLinear"]
    if moved:
        behind = [r for d in behind for r in _readers(reading, d) if r.op_type == "Transpose"]
    (scale, zero), (old_scale, old_zero) = _quantizer(reading, node), _quantizer(reading, before)
    same = scale == old_scale and zero == old_zero
    if behind and zero.dtype == old_zero.dtype and not same:
        raise refusal(
            node,
            "it quantizes what was just quantized to another scale or zero point, and onnxruntime "
            "makes one quantization of the two",
            "leave out one of the two",
        )


def _readers(reading: Reading, node: onnx.NodeProto) -> list[onnx.NodeProto]:
    return [r for r in reading.readers.get(node.output[0], ()) if r is not None]


def _quantizer(reading: Reading, node: onnx.NodeProto) -> tuple[Array, Array]:
    """Scale and zero point of a QuantizeLinear or DequantizeLinear, per tensor."""
    given = len(node.input) > 2 and node.input[2]
    zero = reading.constants[node.input[2]] if given else np.zeros((), np.uint8)
    return np.squeeze(reading.constants[node.input[1]]), np.squeeze(zero)


def _dequantizer(reading: Reading, node: onnx.NodeProto) -> tuple[onnx.NodeProto | None, bool]:
    """The DequantizeLinear that ``node`` reads once onnxruntime has removed what does nothing, and
    whether a Transpose is left in between: one stays, several that undo each other do not."""
    name: str = node.input[0]
    orders: list[list[int]] = []
    while name in reading.producers:
        made = reading.producers[name]
        if made.op_type == "DequantizeLinear":
            undone = len(orders) > 1 and orders[-1] == sorted(orders[-1])
            return made, bool(orders) and not undone
        if made.op_type == "Transpose":
            orders.append(_composed(list(attribute(made, "perm", [])), orders))
        name = _passed(reading, made)
    return None, False


def _composed(perm: list[int], behind: list[list[int]]) -> list[int]:
    """The axes of a Transpose's input, as the Transposes ``behind`` it leave them."""
    return [perm[axis] for axis in behind[-1]] if perm and behind else perm


def _passed(reading: Reading, node: onnx.NodeProto) -> str:
    """The input that ``node`` may give as it is, but for Transposes; "" if there is none."""
    if node.op_type == "Transpose":
        return str(node.input[0])
    if node.op_type in VANISHING:
        return str(node.input[0]) if _unmoved(reading, node) else ""
    neutral = NEUTRAL.get(node.op_type)
    return "" if neutral is None else _beside(reading, node, neutral)


def _unmoved(reading: Reading, node: onnx.NodeProto) -> bool:
    before, after = (reading.tensors.get(n) for n in (node.input[0], node.output[0]))
    if isinstance(before, Real) and isinstance(after, Real):
        return (before.shape, before.value) == (after.shape, after.value)
    return isinstance(before, Function) and isinstance(after, Function)


def _beside(reading: Reading, node: onnx.NodeProto, neutral: float) -> str:
    """The other input, where one is a constant of nothing but ``neutral``."""
    for position in (1, 0) if node.op_type in ("Add", "Mul") else (1,):
        values = _values(reading, node.input[position])
        if values is not None and bool((values == neutral).all()):
            return str(node.input[1 - position])
    return ""


def _values(reading: Reading, name: str) -> Array | None:
    found = reading.tensors.get(name)
    if isinstance(found, RealConstant) and not found.scale.ndim:
        return found.integers * found.scale
    return reading.constants.get(name)
