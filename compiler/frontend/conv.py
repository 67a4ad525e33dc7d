"""Conv, QLinearConv and ConvInteger: convolutions over one and two dimensions."""

from __future__ import annotations

import onnx

from . import linear
from .linear import Operands
from .onnx_file import attribute
from .reading import Reading, refusal
from .tensors import Real, Tensor
from .windows import channels_last, windows


def conv(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Conv of dequantized data with dequantized weights and maybe an int32 bias."""
    return convolution(reading, node, linear.dequantized(reading, node))


def qlinear_conv(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """QLinearConv(x, sx, zx, w, sw, zw, sy, zy, bias?)."""
    if attribute(node, "channels_last", 0):
        raise channels_last(node, "its attribute channels_last is 1")
    bias_at = 8 if len(node.input) > 8 and node.input[8] else None
    operands = linear.integers(reading, node, bias_at=bias_at)
    return linear.finish(reading, node, convolution(reading, node, operands), 6)


def convolution(reading: Reading, node: onnx.NodeProto, operands: Operands) -> Real:
    """The accumulators of a convolution, at the operands' scale, one channel after the other."""
    x, weight = operands.x, operands.weight
    groups = int(attribute(node, "group", 1))
    width, depth, *kernel = weight.shape if len(weight.shape) > 2 else (0, 0)
    found = windows(node, x.shape, tuple(kernel))
    if groups < 1 or width % groups or depth * groups != found.channels:
        raise refusal(
            node,
            f"{found.channels} channels in {groups} groups meet a weight of shape "
            f"{list(weight.shape)}",
            "give it a weight of shape [outputs, channels / groups, *kernel]",
        )
    linear.along_outputs(node, weight, 0, width)
    attrs = {**found.geometry.attrs, "groups": groups}
    places = weight.places.reshape(width, -1).T
    value = linear.emit(reading, node, linear.Layer("conv", x.value, places, attrs), operands)
    return Real((width, *found.spatial), value, operands.scale, kernel=operands.kernel)
