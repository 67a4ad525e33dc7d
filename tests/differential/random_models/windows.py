"""Pools and means."""

from __future__ import annotations

import numpy as np

from .layers import placement
from .quantizing import as_floats, attached, dequantize, quantize, quantizer, written
from .sketch import MICROSOFT, Quantized, Sketch


def max_pool(sketch: Sketch, x: Quantized) -> Quantized:
    """Of the bytes, or of the dequantized tensor; the quantizer stays."""
    _, *image = sketch.sample_shape(x)
    kernel = [sketch.number(1, min(3, size)) for size in image]
    attributes = placement(sketch, image, kernel)
    if "auto_pad" not in attributes and sketch.maybe():
        attributes["ceil_mode"] = 1
    if sketch.style.qdq:
        return requantized_as(
            sketch, sketch.node("MaxPool", [dequantize(sketch, x)], **attributes), x
        )
    return written(sketch, sketch.node("MaxPool", [x.name], **attributes), x.scale, x.zero)


def requantized_as(sketch: Sketch, name: str, x: Quantized) -> Quantized:
    """A float tensor quantized as ``x`` is: or, sometimes, anew."""
    if sketch.number(0, 4) == 0:
        return quantize(sketch, name)
    inputs = [name, *attached(sketch, x.scale, x.zero, x.dtype)]
    return written(sketch, sketch.node("QuantizeLinear", inputs), x.scale, x.zero)


def average_pool(sketch: Sketch, x: Quantized) -> Quantized:
    """AveragePool with or without the padding, or QLinearAveragePool."""
    _, *image = sketch.sample_shape(x)
    kernel = [sketch.number(1, min(3, size)) for size in image]
    attributes = placement(sketch, image, kernel)
    attributes.pop("dilations", None)
    attributes["count_include_pad"] = sketch.choose(0, 1)
    if "auto_pad" not in attributes and sketch.number(0, 2) == 0:
        attributes["ceil_mode"] = 1
    if sketch.style.qdq:
        pooled = sketch.node("AveragePool", [dequantize(sketch, x)], **attributes)
        return requantized_as(sketch, pooled, x)
    out, zero, dtype = quantizer(sketch, as_floats(sketch, x))
    quantizers = [*attached(sketch, x.scale, x.zero, x.dtype), *attached(sketch, out, zero, dtype)]
    name = sketch.node("QLinearAveragePool", [x.name, *quantizers], domain=MICROSOFT, **attributes)
    return written(sketch, name, out, zero)


def global_pool(sketch: Sketch, x: Quantized) -> Quantized:
    """The mean or the largest of each channel."""
    if sketch.style.qdq or sketch.maybe():
        kind = sketch.choose("GlobalAveragePool", "GlobalAveragePool", "GlobalMaxPool")
        return quantize(sketch, sketch.node(kind, [dequantize(sketch, x)]))
    out, zero, dtype = quantizer(sketch, as_floats(sketch, x))
    quantizers = [*attached(sketch, x.scale, x.zero, x.dtype), *attached(sketch, out, zero, dtype)]
    name = sketch.node(
        "QLinearGlobalAveragePool", [x.name, *quantizers], domain=MICROSOFT, channels_last=0
    )
    return written(sketch, name, out, zero)


def reduce(sketch: Sketch, x: Quantized) -> Quantized:
    """ReduceMean, ReduceMax or ReduceSum over all axes of the image."""
    op = sketch.choose("ReduceMean", "ReduceMean", "ReduceMax", "ReduceSum")
    rank = len(sketch.sample_shape(x))
    axes = list(range(2, rank + 1)) if sketch.maybe() else list(range(1 - rank, 0))
    keep = sketch.choose(0, 1)
    data = dequantize(sketch, x)
    if sketch.style.opset >= (13 if op == "ReduceSum" else 18):
        inputs = [data, sketch.constant(axes, np.int64)]
        return quantize(sketch, sketch.node(op, inputs, keepdims=keep))
    return quantize(sketch, sketch.node(op, [data], axes=axes, keepdims=keep))


def batch_norm(sketch: Sketch, x: Quantized) -> Quantized:
    """BatchNormalization of a dequantized tensor."""
    channels = sketch.sample_shape(x)[0]
    drawn = [sketch.random.uniform(0.5, 1.5, channels) for _ in range(4)]
    inputs = [sketch.constant(v, np.float32) for v in drawn]
    return quantize(sketch, sketch.node("BatchNormalization", [dequantize(sketch, x), *inputs]))
