"""Max and average pools, over windows and over whole images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx

from ..ops.geometry import PADDING
from .linear import finish
from .onnx_file import attribute
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import Integer, Real, RealMean, Tensor
from .windows import Windows, channels_last, image_shape, windows


def max_pool(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The largest element of each window, of an 8-bit tensor or before its QuantizeLinear."""
    if len(node.output) > 1 and node.output[1]:
        raise refusal(node, "it gives indices too", "export it with one output")
    x = maximum_of(reading, node)
    return largest(reading, node, x, windows(node, x.shape, _kernel(node)))


def global_max_pool(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The largest element of each channel."""
    x = maximum_of(reading, node)
    return largest(reading, node, x, windows(node, x.shape, image_shape(node, x.shape)[1:]))


def nhwc_max_pool(_reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Refused: channels come last."""
    raise channels_last(node, "it takes images with their channels last")


def maximum_of(reading: Reading, node: onnx.NodeProto) -> Integer | Real:
    """Input 0, if its maximum can be told: what has a scale and no function behind it."""
    x = reading.tensor(node, 0)
    if not isinstance(x, Integer | Real):
        raise refusal(
            node,
            f"its input {node.input[0]!r} is neither quantized nor a layer's result",
            "quantize that tensor",
        )
    return x


def largest(
    reading: Reading, node: onnx.NodeProto, x: Integer | Real, found: Windows
) -> Integer | Real:
    """The maxima; scales are positive, so they are where the integers' maxima are."""
    if isinstance(x, Real) and x.scale.ndim and found.channels % x.scale.size:
        raise refusal(node, "it joins channels with scales of their own", "quantize per tensor")
    output = f"{node.output[0]}.max"
    value = reading.emit("max_pool", node_name(node), (x.value,), output, **found.geometry.attrs)
    shape = (found.channels, *found.spatial)
    if isinstance(x, Integer):
        return replace(x, shape=shape, value=value)
    if x.integer is None:
        # onnxruntime exchanges the pool with a QuantizeLinear right behind it.
        once = len(reading.readers.get(node.input[0], ())) == 1
        kept = once and not reading.clipped(node.output[0])
        return replace(x, shape=shape, value=value, kernel=x.kernel if kept else None)
    return replace(
        x, shape=shape, value=value, integer=replace(x.integer, shape=shape, value=value)
    )


def _kernel(node: onnx.NodeProto) -> tuple[int, ...]:
    return tuple(int(k) for k in attribute(node, "kernel_shape", ()))


def average_pool(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The mean of each window of a dequantized 8-bit tensor."""
    x = averaged(reading, node)
    return means(reading, node, x, windows(node, x.shape, _kernel(node)))


def global_average_pool(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The mean of each channel of a dequantized 8-bit tensor."""
    x = averaged(reading, node)
    return means(reading, node, x, windows(node, x.shape, image_shape(node, x.shape)[1:]))


def qlinear_average_pool(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearAveragePool(x, sx, zx?, sy, zy?)."""
    x = _integer(reading, node)
    pooled = means(reading, node, x, windows(node, x.shape, _kernel(node)))
    return finish(reading, node, pooled, 3)


def qlinear_global_average_pool(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearGlobalAveragePool(x, sx, zx, sy, zy)."""
    x = _integer(reading, node)
    pooled = means(reading, node, x, windows(node, x.shape, image_shape(node, x.shape)[1:]))
    return finish(reading, node, pooled, 3)


def _integer(reading: Reading, node: onnx.NodeProto) -> Real:
    if attribute(node, "channels_last", 0):
        raise channels_last(node, "its attribute channels_last is 1")
    scale, zero = reading.floats(node, 1, "input scale"), zero_point(reading, node, 2)[0]
    if scale.ndim or zero.ndim:
        raise refusal(node, "its input is quantized per channel", "quantize it per tensor")
    x = activation(reading, node, 0, int(zero))
    return Real(x.shape, x.value, scale, x)


def averaged(reading: Reading, node: onnx.NodeProto) -> Real:
    """Input 0, if its mean can be told: a dequantized 8-bit tensor."""
    x = reading.tensor(node, 0)
    if not isinstance(x, Real) or x.integer is None or x.clipped:
        raise refusal(
            node,
            f"it averages {node.input[0]!r}, which is no dequantized 8-bit tensor",
            "put a QuantizeLinear and a DequantizeLinear before it",
        )
    return x


def means(reading: Reading, node: onnx.NodeProto, x: Real, found: Windows) -> RealMean:
    """The means, as sums that wait for their QuantizeLinear."""
    if any(axis.dilation != 1 for axis in found.axes):
        raise refusal(node, "it averages windows with dilations", "use dilations of 1")
    shape = found.geometry
    terms = (shape.taps != PADDING).sum(axis=1)
    counts = np.full_like(terms, shape.taps_per_channel)
    if not attribute(node, "count_include_pad", 0):
        counts = terms
    if not counts.all():
        raise refusal(node, "a window holds nothing but padding", "use smaller pads")
    output = f"{node.output[0]}.sum"
    value = reading.emit("sum_pool", node_name(node), (x.value,), output, **shape.attrs)
    divisors = counts.tolist()
    assert x.integer is not None
    return RealMean(
        (found.channels, *found.spatial),
        value,
        np.float32(x.scale),
        reading.types[x.value].interval,
        (divisors[0],) if len(set(divisors)) == 1 else tuple(divisors * found.channels),
        frozenset(zip(terms.tolist(), divisors, strict=True)),
        found.whole_image,
        x.integer.kernel,
    )
