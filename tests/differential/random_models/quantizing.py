"""QuantizeLinear, DequantizeLinear and quantized parameters with random scales and zero points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import reject

from .sketch import Array, Quantized, Sketch


def near(sketch: Sketch, size: float) -> np.float32:
    """A scale of about ``size``: a power of two, or any float32."""
    if sketch.style.powers:
        return np.float32(2.0 ** round(np.log2(max(size, 2.0**-20))))
    factor = sketch.choose(1.0, 0.75, *sketch.random.uniform(0.5, 1.5, 2))
    return np.float32(max(size, 2.0**-20) * factor)


def quantizer(sketch: Sketch, values: Array) -> tuple[np.float32, int, str]:
    """Scale, zero point and type for ``values``: most of them in range, none of them wasted."""
    dtype = sketch.style.dtype
    limits = np.iinfo(dtype)
    if not np.isfinite(values).all():
        reject()
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = near(sketch, (high - low) / 255 * sketch.choose(1.0, 0.8, 1.3))
    exact = int(np.clip(limits.min - np.rint(low / scale), limits.min, limits.max))
    middle = (limits.min + limits.max + 1) // 2
    zero = sketch.choose(exact, middle, limits.min, middle + sketch.number(-20, 20))
    return scale, zero & ~1 if sketch.style.even_zeros else zero, dtype


def attached(sketch: Sketch, scale: Array | np.float32, zero: Array | int, dtype: str) -> list[str]:
    """The initializers of a quantizer."""
    return [sketch.constant(scale, np.float32), sketch.constant(zero, dtype)]


def quantize(sketch: Sketch, name: str) -> Quantized:
    """A float tensor, quantized to suit its values."""
    scale, zero, dtype = quantizer(sketch, sketch.values[name])
    inputs = [name, *attached(sketch, scale, zero, dtype)]
    result = Quantized(sketch.node("QuantizeLinear", inputs), scale, zero, dtype)
    sketch.pool.append(result)
    return result


def dequantize(sketch: Sketch, tensor: Quantized) -> str:
    """A DequantizeLinear of its own for each reader, as onnxruntime's quantizer adds them."""
    inputs = attached(sketch, tensor.scale, tensor.zero, tensor.dtype)
    return sketch.node("DequantizeLinear", [tensor.name, *inputs])


def as_floats(sketch: Sketch, tensor: Quantized) -> Array:
    """What the tensor stands for."""
    centred = sketch.values[tensor.name].astype(np.int64) - tensor.zero
    return centred.astype(np.float32) * tensor.scale


def written(sketch: Sketch, node_output: str, scale: np.float32, zero: int) -> Quantized:
    """The result of an integer operator, which has quantized it itself."""
    result = Quantized(node_output, scale, zero, str(sketch.values[node_output].dtype))
    sketch.pool.append(result)
    return result


def weights(sketch: Sketch, shape: Sequence[int]) -> Array:
    """Random integers of the model's type of weights, zero point 0 or 128."""
    limit = 128 if sketch.style.full_range else 64
    drawn = sketch.random.integers(-limit, limit, shape)
    return (drawn + (128 if sketch.style.weights == "uint8" else 0)).astype(sketch.style.weights)


def weight_zeros(sketch: Sketch, channels: int) -> Array:
    """Zero points of the weights: one, or one a channel; mostly in the middle."""
    middle = 128 if sketch.style.weights == "uint8" else 0
    odd = sketch.choose(0, 0, 0, 1, -7)
    return np.asarray(middle + odd if channels == 0 else np.full(channels, middle + odd))


def weight_scales(sketch: Sketch, channels: int) -> Array:
    """Scales of the weights: one if ``channels`` is 0, else one a channel."""
    if channels == 0:
        return np.asarray(near(sketch, 0.01), np.float32)
    return np.array([near(sketch, 0.01) for _ in range(channels)], np.float32)


def bias(sketch: Sketch, channels: int) -> Array:
    """An int32 bias."""
    return sketch.random.integers(-3000, 3000, channels).astype(np.int32)
