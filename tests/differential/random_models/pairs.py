"""Sums, differences and products of two tensors."""

from __future__ import annotations

import numpy as np

from .functions import plain
from .quantizing import as_floats, attached, dequantize, quantize, quantizer, weights, written
from .sketch import MICROSOFT, Quantized, Sketch
from .windows import global_pool


def partner(sketch: Sketch, x: Quantized) -> Quantized:
    """An earlier tensor of the same shape, if there is one; else a function of ``x``."""
    shape = sketch.sample_shape(x)
    fits = [t for t in sketch.pool if sketch.sample_shape(t) == shape and t.name != x.name]
    return sketch.choose(*fits) if fits else plain(sketch, x)


def pair(sketch: Sketch, x: Quantized) -> Quantized:
    """Add, Sub or Mul with an earlier tensor; QLinearAdd, QLinearMul."""
    other = partner(sketch, x)
    operands = (x, other) if sketch.maybe() else (other, x)
    if not sketch.style.qdq and sketch.maybe():
        return _qlinear(sketch, operands, sketch.choose("Add", "Mul"))
    data = [dequantize(sketch, t) for t in operands]
    found = sketch.node(sketch.choose("Add", "Add", "Sub", "Mul"), data)
    return quantize(sketch, sketch.node("Relu", [found]) if sketch.number(0, 2) == 0 else found)


def _qlinear(sketch: Sketch, operands: tuple[Quantized, Quantized], op: str) -> Quantized:
    a, b = (as_floats(sketch, t) for t in operands)
    out, zero, dtype = quantizer(sketch, a + b if op == "Add" else a * b)
    inputs = [n for t in operands for n in (t.name, *attached(sketch, t.scale, t.zero, t.dtype))]
    target = attached(sketch, out, zero, dtype)
    return written(
        sketch, sketch.node(f"QLinear{op}", [*inputs, *target], domain=MICROSOFT), out, zero
    )


def with_constant(sketch: Sketch, x: Quantized) -> Quantized:
    """Add, Sub or Mul with a dequantized constant tensor."""
    shape = sketch.sample_shape(x)
    spread = sketch.choose(shape, (shape[0], *[1] * (len(shape) - 1)))
    array = weights(sketch, (1, *spread) if sketch.maybe() else spread)
    zero = 128 if array.dtype == np.uint8 else 0
    size = float(np.abs(as_floats(sketch, x)).max()) / 128 + 2.0**-10
    scale = np.float32(2.0 ** round(np.log2(size))) if sketch.style.powers else np.float32(size)
    inputs = [sketch.constant(array), *attached(sketch, scale, zero, str(array.dtype))]
    data = [dequantize(sketch, x), sketch.node("DequantizeLinear", inputs)]
    return quantize(sketch, sketch.node(sketch.choose("Add", "Sub", "Mul"), data))


def excited(sketch: Sketch, x: Quantized) -> Quantized:
    """x · sigmoid(mean of each channel), as squeeze-and-excitation does."""
    pooled = global_pool(sketch, x)
    gate = quantize(sketch, sketch.node("Sigmoid", [dequantize(sketch, pooled)]))
    data = [dequantize(sketch, t) for t in (x, gate)]
    return quantize(sketch, sketch.node("Mul", data))
