"""A node whose tensors get one more axis in front, of length 1: the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper

from .cases import Array
from .operators import POINTWISE
from .unwrappable import Unwrappable

Constants = dict[str, Array]


def shifted(node: onnx.NodeProto, constants: Constants, ranks: Mapping[str, int]) -> onnx.NodeProto:
    """``node`` for tensors of one more axis; constants that name axes are replaced."""
    found = onnx.NodeProto()
    found.CopyFrom(node)
    if node.op_type in POINTWISE:
        return found
    change = CHANGES.get(node.op_type)
    if change is None:
        raise Unwrappable(f"{node.op_type} has no form with a batch dimension here")
    change(found, constants, ranks)
    return found


def _attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def _set(node: onnx.NodeProto, name: str, value: Any) -> None:
    for item in [a for a in node.attribute if a.name == name]:
        node.attribute.remove(item)
    node.attribute.append(helper.make_attribute(name, value))


def _up(axes: Any) -> list[int]:
    return [int(a) + 1 if a >= 0 else int(a) for a in np.atleast_1d(axes)]


def _axis(default: int) -> Callable[[onnx.NodeProto, Constants, Mapping[str, int]], None]:
    def change(node: onnx.NodeProto, _: Constants, __: Mapping[str, int]) -> None:
        _set(node, "axis", _up(_attribute(node, "axis", default))[0])

    return change


def _perm(node: onnx.NodeProto, _: Constants, ranks: Mapping[str, int]) -> None:
    order = _attribute(node, "perm", range(ranks[node.input[0]])[::-1])
    _set(node, "perm", [0, *_up(order)])


def _axes(at: int) -> Callable[[onnx.NodeProto, Constants, Mapping[str, int]], None]:
    """Axes as an input or an attribute; all of a sample's if there are none."""

    def change(node: onnx.NodeProto, constants: Constants, ranks: Mapping[str, int]) -> None:
        if _attribute(node, "axes", None) is not None:
            _set(node, "axes", _up(_attribute(node, "axes", None)))
            return
        known = node.input[at] if len(node.input) > at else ""
        count = len(constants[node.input[1]]) if node.op_type == "Slice" else None
        every = np.arange(ranks[node.input[0]] if count is None else count)
        axes = constants[known] if known else every
        if not axes.size and not _attribute(node, "noop_with_empty_axes", 0):
            axes = every
        while len(node.input) <= at:
            node.input.append("")
        node.input[at] = f"{node.name}.axes"
        constants[node.input[at]] = np.array(_up(axes), np.int64).reshape(-1)

    return change


def _front(value: int) -> Callable[[onnx.NodeProto, Constants, Mapping[str, int]], None]:
    """A list with an entry an axis, as input 1."""

    def change(node: onnx.NodeProto, constants: Constants, ranks: Mapping[str, int]) -> None:
        wanted = constants[node.input[1]].tolist()
        missing = max(ranks[node.input[0]] - len(wanted), 0) if node.op_type == "Expand" else 0
        node.input[1] = f"{node.name}.front"
        constants[node.input[1]] = np.array([value, *[1] * missing, *wanted], np.int64)

    return change


def _pads(node: onnx.NodeProto, constants: Constants, ranks: Mapping[str, int]) -> None:
    if len(node.input) > 3 and node.input[3]:
        _axes(3)(node, constants, ranks)
        return
    pads = constants[node.input[1]].tolist()
    half = len(pads) // 2
    node.input[1] = f"{node.name}.pads"
    constants[node.input[1]] = np.array([0, *pads[:half], 0, *pads[half:]], np.int64)


def _elements(node: onnx.NodeProto, constants: Constants, ranks: Mapping[str, int]) -> None:
    _axis(0)(node, constants, ranks)
    indices = constants[node.input[1]]
    node.input[1] = f"{node.name}.indices"
    constants[node.input[1]] = indices[None]


CHANGES: Mapping[str, Callable[[onnx.NodeProto, Constants, Mapping[str, int]], None]] = {
    "ArgMax": _axis(0),
    "Concat": _axis(0),
    "DequantizeLinear": _axis(1),
    "Expand": _front(1),
    "Gather": _axis(0),
    "GatherElements": _elements,
    "LogSoftmax": _axis(-1),
    "Pad": _pads,
    "QuantizeLinear": _axis(1),
    "ReduceMax": _axes(1),
    "ReduceMean": _axes(1),
    "ReduceSum": _axes(1),
    "Reshape": _front(1),
    "Slice": _axes(3),
    "Softmax": _axis(-1),
    "Split": _axis(0),
    "Squeeze": _axes(1),
    "Tile": _front(1),
    "Transpose": _perm,
    "Unsqueeze": _axes(1),
}
