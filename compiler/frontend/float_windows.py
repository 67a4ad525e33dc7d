"""Conv and the pools of float models."""

from __future__ import annotations

import math

import numpy as np
import onnx
from zkpot.compiler.float_nodes import AveragePool, Linear, MaxPool, Movement
from zkpot.compiler.ops.geometry import Geometry

from .float_reading import FloatReading, flag, node_name, refused
from .onnx_file import Array, attribute


def conv(reading: FloatReading, node: onnx.NodeProto) -> None:
    """Conv over one or two spatial axes."""
    source = reading.data(node)
    weight, bias = reading.required(node, 1), reading.constant(node, 2)
    window = _window(reading, node, weight.shape[2:])
    channels = len(weight)
    name = node_name(node)
    reading.add(
        Linear(
            name=name,
            inputs=(source,),
            output=node.output[0],
            shape=reading.shape(node.output[0]),
            weight=weight.astype(np.float64).reshape(channels, -1).T,
            bias=np.zeros(channels) if bias is None else bias.astype(np.float64).reshape(-1),
            weight_name=node.input[1],
            bias_name=f"{name}_bias" if bias is None else node.input[2],
            window=window,
            groups=flag(node, "group", 1),
        )
    )


def max_pool(reading: FloatReading, node: onnx.NodeProto) -> None:
    """MaxPool, without its second output."""
    if len(node.output) > 1 and reading.reads[node.output[1]]:
        raise refused(node, "its indices are read", "use the values alone")
    window = _window(reading, node, attribute(node, "kernel_shape"))
    if (window.taps < 0).all(axis=1).any():
        raise refused(node, "a window holds nothing but padding", "use smaller pads")
    name, shape = node_name(node), reading.shape(node.output[0])
    inputs, output = (reading.data(node),), node.output[0]
    reading.add(MaxPool(name=name, inputs=inputs, output=output, shape=shape, window=window))


def average_pool(reading: FloatReading, node: onnx.NodeProto) -> None:
    """AveragePool."""
    window = _window(reading, node, attribute(node, "kernel_shape"))
    padded = bool(flag(node, "count_include_pad", 0))
    _average(reading, node, window, padded=padded)


def _average(
    reading: FloatReading, node: onnx.NodeProto, window: Geometry, *, padded: bool
) -> None:
    reading.add(
        AveragePool(
            name=node_name(node),
            inputs=(reading.data(node),),
            output=node.output[0],
            shape=reading.shape(node.output[0]),
            window=window,
            padded=padded and bool((window.taps < 0).any()),
        )
    )


def global_average_pool(reading: FloatReading, node: onnx.NodeProto) -> None:
    """GlobalAveragePool: one window as large as the image."""
    _average(reading, node, _whole(reading, node), padded=False)


def global_max_pool(reading: FloatReading, node: onnx.NodeProto) -> None:
    """GlobalMaxPool."""
    shape = reading.shape(node.output[0])
    reading.add(
        MaxPool(
            name=node_name(node),
            inputs=(reading.data(node),),
            output=node.output[0],
            shape=shape,
            window=_whole(reading, node),
        )
    )


def reduce_mean(reading: FloatReading, node: onnx.NodeProto) -> None:
    """ReduceMean over all spatial axes: a GlobalAveragePool, its axes kept or not."""
    shape = reading.shape(reading.data(node))
    given = reading.constant(node, 1)
    axes = attribute(node, "axes") if given is None else given.tolist()
    rank = len(shape) + 1
    if sorted(axis % rank for axis in axes or ()) != list(range(2, rank)):
        raise refused(
            node, f"it averages over the axes {axes}", "average images over their spatial axes"
        )
    window, output, final = _whole(reading, node), node.output[0], reading.shape(node.output[0])
    name, kept = node_name(node), (shape[0], *(1,) * (len(shape) - 1))
    pooled = output if final == kept else f"{output}_pooled"
    reading.add(
        AveragePool(
            name=name,
            inputs=(reading.data(node),),
            output=pooled,
            shape=kept,
            window=window,
            padded=False,
        )
    )
    if pooled != output:
        reading.add(
            Movement(
                name=f"{name}_squeezed",
                inputs=(pooled,),
                output=output,
                shape=final,
                index=np.arange(shape[0]),
                total=shape[0],
            )
        )


def _image(reading: FloatReading, node: onnx.NodeProto) -> tuple[int, int, int]:
    shape = reading.shape(reading.data(node))
    if len(shape) not in (2, 3):
        raise refused(node, f"its samples have shape {list(shape)}", "use one or two spatial axes")
    return (shape[0], shape[1] if len(shape) == 3 else 1, shape[-1])


def _whole(reading: FloatReading, node: onnx.NodeProto) -> Geometry:
    image, one = _image(reading, node), (1, 1)
    return Geometry(image, image[1:], one, one, (0, 0), one)


def _window(
    reading: FloatReading, node: onnx.NodeProto, kernel: tuple[int, ...] | list[int]
) -> Geometry:
    image, spatial = _image(reading, node), len(kernel)
    shape = reading.shape(node.output[0])
    padding = attribute(node, "auto_pad", b"NOTSET").decode()
    begins = list(attribute(node, "pads", [0] * 2 * spatial))[:spatial]
    strides = attribute(node, "strides", [1] * spatial)
    dilations = attribute(node, "dilations", [1] * spatial)
    if padding.startswith("SAME"):
        begins = [
            _before(padding, *axis)
            for axis in zip(
                image[3 - spatial :], shape[1:], kernel, strides, dilations, strict=True
            )
        ]
    return Geometry(
        image,
        _pair(kernel, 1),
        _pair(strides, 1),
        _pair(dilations, 1),
        _pair(begins if padding != "VALID" else [0] * spatial, 0),
        _pair(shape[1:], 1),
    )


def _before(padding: str, size: int, output: int, kernel: int, stride: int, dilation: int) -> int:
    """Padding in front, for auto_pad SAME_UPPER and SAME_LOWER."""
    total = max((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2 if padding == "SAME_UPPER" else total - total // 2


def _pair(values: Array | list[int] | tuple[int, ...], missing: int) -> tuple[int, int]:
    """Rows and columns; one-dimensional operators have one row."""
    pair = [int(v) for v in values]
    return (missing, pair[0]) if len(pair) == 1 else (pair[0], pair[1])


def after(window: Geometry) -> tuple[int, int]:
    """Padding below and to the right, as far as windows reach."""
    rows, columns = (
        max(
            (window.output[i] - 1) * window.strides[i]
            + (window.kernel[i] - 1) * window.dilations[i]
            + 1
            - window.image[1 + i]
            - window.pads[i],
            0,
        )
        for i in (0, 1)
    )
    return rows, columns


def is_whole(window: Geometry) -> bool:
    """Whether there is one window, the image."""
    return window.kernel == window.image[1:] and math.prod(window.output) == 1
