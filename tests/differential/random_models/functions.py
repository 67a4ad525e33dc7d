"""Functions of one 8-bit tensor."""

from __future__ import annotations

import numpy as np

from .quantizing import as_floats, attached, dequantize, quantize, quantizer, written
from .sketch import MICROSOFT, Quantized, Sketch
from .windows import requantized_as

PLAIN = (
    ("Sigmoid", 13),
    ("Tanh", 13),
    ("HardSigmoid", 13),
    ("HardSwish", 14),
    ("Elu", 13),
    ("Gelu", 20),
    ("Softplus", 13),
    ("Erf", 13),
    ("LeakyRelu", 13),
    ("Selu", 13),
    ("Relu", 13),
    ("Abs", 13),
    ("Neg", 13),
    ("Exp", 13),
    ("Softsign", 13),
    ("Mish", 18),
)
"""Operators without attributes, and the opset that knows them."""


def plain(sketch: Sketch, x: Quantized) -> Quantized:
    """DequantizeLinear -> f -> QuantizeLinear."""
    names = [name for name, since in PLAIN if since <= sketch.style.opset]
    data, op = dequantize(sketch, x), sketch.choose(*names)
    attributes = {"alpha": sketch.choose(0.1, 0.25)} if op in ("LeakyRelu", "HardSigmoid") else {}
    return quantize(sketch, sketch.node(op, [data], **attributes))


def gated(sketch: Sketch, x: Quantized) -> Quantized:
    """x·f(x), as Swish is exported."""
    data = dequantize(sketch, x)
    gate = sketch.node(sketch.choose("Sigmoid", "HardSigmoid", "Tanh"), [data])
    return quantize(sketch, sketch.node("Mul", [data, gate]))


def clip(sketch: Sketch, x: Quantized) -> Quantized:
    """Clip of a dequantized tensor."""
    bounds = [sketch.constant(v, np.float32) for v in sketch.choose((0.0, 6.0), (-1.0, 1.0))]
    return quantize(sketch, sketch.node("Clip", [dequantize(sketch, x), *bounds]))


def with_a_number(sketch: Sketch, x: Quantized) -> Quantized:
    """x op c or c op x."""
    op = sketch.choose("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max")
    number = sketch.constant(sketch.choose(0.5, 2.0, 3.0), np.float32)
    inputs = [dequantize(sketch, x), number]
    if op in ("Add", "Sub", "Mul") and sketch.maybe():
        inputs.reverse()
    return quantize(sketch, sketch.node(op, inputs))


def prelu(sketch: Sketch, x: Quantized) -> Quantized:
    """One slope, or one a channel."""
    channels, *rest = sketch.sample_shape(x)
    shape = [channels] + [1] * len(rest) if sketch.maybe() else [1]
    slope = sketch.constant(sketch.random.choice([0.25, 0.1, 0.5], shape), np.float32)
    return quantize(sketch, sketch.node("PRelu", [dequantize(sketch, x), slope]))


def nothing(sketch: Sketch, x: Quantized) -> Quantized:
    """Operators that leave floats as they are; the quantizer behind them is mostly the same."""
    op = sketch.choose("Identity", "Dropout", "Cast")
    attributes = {"to": 1} if op == "Cast" else {}
    return requantized_as(sketch, sketch.node(op, [dequantize(sketch, x)], **attributes), x)


def qlinear(sketch: Sketch, x: Quantized) -> Quantized:
    """com.microsoft's QLinearSigmoid or QLinearLeakyRelu."""
    op = sketch.choose("QLinearSigmoid", "QLinearLeakyRelu")
    floats = as_floats(sketch, x)
    squashed = 1 / (1 + np.exp(-np.clip(floats, -30, 30)))
    out, zero, dtype = quantizer(sketch, squashed if op == "QLinearSigmoid" else floats)
    quantizers = [*attached(sketch, x.scale, x.zero, x.dtype), *attached(sketch, out, zero, dtype)]
    attributes = {"alpha": 0.1} if op == "QLinearLeakyRelu" else {}
    name = sketch.node(op, [x.name, *quantizers], domain=MICROSOFT, **attributes)
    return written(sketch, name, out, zero)
