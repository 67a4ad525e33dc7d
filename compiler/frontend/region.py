"""The part of a model between an 8-bit tensor and a function of each of its elements."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper

from .layout import MOVING
from .onnx_file import Array
from .reading import Reading, refusal
from .tensors import Floats, Function, Integer, Real, RealConstant

DATA = "8-bit data"


@dataclass
class Region:
    """Nodes in order, the constants that they read, and the name of their result.

    Nodes that move data stand as Identity: an element-wise function does not see them.
    """

    result: str
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    moving: bool = False

    def axes(self, node: onnx.NodeProto, shape: tuple[int, ...]) -> tuple[int, ...]:
        """``shape``, one sample's, with 1 for the axes along which no constant varies."""
        along = [False] * len(shape)
        for name, value in self.constants.items():
            varying = [d > 1 for d in value.shape]
            if not any(varying):
                continue
            if self.moving or len(varying) > len(shape) + 1 or varying[: -len(shape)] == [True]:
                raise refusal(
                    node,
                    f"constant {name!r} of shape {list(value.shape)} meets samples of shape "
                    f"{list(shape)}",
                    "quantize the tensor in between",
                )
            for k, varies in enumerate(reversed(varying[-len(shape) :])):
                along[-1 - k] |= varies
        return tuple(d if varies else 1 for d, varies in zip(shape, along, strict=True))


def region_of(reading: Reading, source: Function) -> Region:
    """From ``source``'s 8-bit tensor, now called `DATA`, to its float result."""
    region, done = Region(source.result), set[str]()
    _visit(reading, region, source.source, source.result, done)
    return region


def _visit(reading: Reading, region: Region, source: Integer, name: str, done: set[str]) -> None:
    """Appends what computes ``name``, and before it what that needs."""
    if name in done or not name:
        return
    done.add(name)
    if name in reading.constants:
        region.constants[name] = reading.constants[name]
        return
    tensor = reading.tensors.get(name)
    if isinstance(tensor, Real) and tensor.integer is not None and not tensor.clipped:
        region.nodes.append(_from_bytes(region, name, tensor.scale, source))
        return
    node = reading.producers[name]
    if node.op_type in MOVING and not isinstance(tensor, RealConstant):
        node = helper.make_node("Identity", [node.input[0]], [name])
        region.moving = True
    for each in node.input:
        _visit(reading, region, source, each, done)
    region.nodes.append(node)


def _from_bytes(region: Region, name: str, scale: Floats, source: Integer) -> onnx.NodeProto:
    """A DequantizeLinear of the data, whose type in kernels is not always the model's."""
    constants = (f"{name}'s scale", "8-bit data's zero point")
    zero = np.array(source.kernel_zero_point, source.kernel)
    region.constants |= dict(zip(constants, (scale, zero), strict=True))
    return helper.make_node("DequantizeLinear", [DATA, *constants], [name])
