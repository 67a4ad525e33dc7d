"""Operators that move elements about; of the bytes themselves, or of the dequantized tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .quantizing import dequantize, quantize, written
from .sketch import Quantized, Sketch
from .windows import requantized_as


def moved(
    sketch: Sketch, x: Quantized, op: str, inputs: Sequence[str] = (), **attributes: Any
) -> Quantized:
    """``op`` of ``x``, whose quantizer stays."""
    if not sketch.style.qdq or sketch.number(0, 5) == 0:
        name = sketch.node(op, [x.name, *inputs], **attributes)
        return written(sketch, name, x.scale, x.zero)
    name = sketch.node(op, [dequantize(sketch, x), *inputs], **attributes)
    return requantized_as(sketch, name, x)


def transpose(sketch: Sketch, x: Quantized) -> Quantized:
    """Sample axes only."""
    rank = len(sketch.sample_shape(x))
    order = sketch.random.permutation(rank) + 1
    return moved(sketch, x, "Transpose", perm=[0, *order.tolist()])


def reshape(sketch: Sketch, x: Quantized) -> Quantized:
    """Two axes made one, or one made two; with -1 or 0 where they may stand."""
    shape = list(sketch.sample_shape(x))
    at = sketch.number(0, len(shape) - 1)
    if len(shape) > 1 and at + 1 < len(shape):
        shape[at : at + 2] = [shape[at] * shape[at + 1]]
    elif shape[at] % 2 == 0 and len(shape) < 3:
        shape[at : at + 1] = [2, shape[at] // 2]
    first = 1 if sketch.style.batch == 1 else 0
    target = [first, *shape]
    if sketch.maybe():
        target[sketch.number(0, len(shape))] = -1
    return moved(sketch, x, "Reshape", [sketch.constant(target, np.int64)])


def flatten(sketch: Sketch, x: Quantized) -> Quantized:
    """All sample axes in one."""
    return moved(sketch, x, "Flatten", axis=1)


def squeeze(sketch: Sketch, x: Quantized) -> Quantized:
    """One axis of length 1 less."""
    shape = sketch.sample_shape(x)
    axis = shape.index(1) + 1
    return moved(sketch, x, "Squeeze", [sketch.constant([axis], np.int64)])


def unsqueeze(sketch: Sketch, x: Quantized) -> Quantized:
    """One axis of length 1 more."""
    axis = sketch.number(1, len(sketch.sample_shape(x)) + 1)
    return moved(sketch, x, "Unsqueeze", [sketch.constant([axis], np.int64)])


def slices(sketch: Sketch, x: Quantized) -> Quantized:
    """A range along one axis, forwards or backwards."""
    shape = sketch.sample_shape(x)
    axis = sketch.number(0, len(shape) - 1)
    start = sketch.number(0, shape[axis] - 1)
    end, step = sketch.choose((shape[axis], 1), (-1, 1), (2**31, 2), (-(2**31), -1))
    inputs = [sketch.constant([v], np.int64) for v in (start, end, axis + 1, step)]
    return moved(sketch, x, "Slice", inputs)


def gather(sketch: Sketch, x: Quantized) -> Quantized:
    """Some indices of one axis, in any order, some of them twice."""
    shape = sketch.sample_shape(x)
    axis = sketch.number(0, len(shape) - 1)
    size = shape[axis]
    indices = sketch.random.integers(-size, size, sketch.number(1, size))
    return moved(sketch, x, "Gather", [sketch.constant(indices, np.int64)], axis=axis + 1)


def pad(sketch: Sketch, x: Quantized) -> Quantized:
    """With zeros, or with what the edge holds."""
    rank = len(sketch.sample_shape(x))
    widths = [0] * (2 * rank + 2)
    for at in range(rank):
        widths[1 + at], widths[2 + rank + at] = sketch.number(0, 1), sketch.number(0, 1)
    mode = sketch.choose("constant", "constant", "edge")
    if mode == "edge" or sketch.style.qdq:
        return moved(sketch, x, "Pad", [sketch.constant(widths, np.int64)], mode=mode)
    inputs = [x.name, sketch.constant(widths, np.int64), sketch.constant(x.zero, x.dtype)]
    return written(sketch, sketch.node("Pad", inputs), x.scale, x.zero)


def resize(sketch: Sketch, x: Quantized) -> Quantized:
    """To the nearest, twice or half as large."""
    rank = len(sketch.sample_shape(x))
    factors = [1.0, 1.0, *(sketch.choose(1.0, 2.0, 0.5) for _ in range(rank - 1))]
    attributes = {
        "coordinate_transformation_mode": sketch.choose("asymmetric", "half_pixel"),
        "nearest_mode": sketch.choose("floor", "round_prefer_floor"),
    }
    inputs = ["", sketch.constant(factors, np.float32)]
    return moved(sketch, x, "Resize", inputs, mode="nearest", **attributes)


def depth_to_space(sketch: Sketch, x: Quantized) -> Quantized:
    """Four channels as one of twice the sides."""
    return moved(sketch, x, "DepthToSpace", blocksize=2, mode=sketch.choose("DCR", "CRD"))


def split_and_concat(sketch: Sketch, x: Quantized) -> Quantized:
    """Two parts of the channels, one of them kept as it is and the other behind it or alone."""
    shape = sketch.sample_shape(x)
    first = sketch.number(1, shape[0] - 1)
    sizes = sketch.constant([first, shape[0] - first], np.int64)
    source = dequantize(sketch, x) if sketch.style.qdq else x.name
    parts = sketch.several("Split", [source, sizes], 2, axis=1)
    if not sketch.style.qdq:
        halves = [written(sketch, p, x.scale, x.zero) for p in parts]
        return concat(sketch, halves[1], halves[0]) if sketch.maybe() else halves[0]
    halves = [requantized_as(sketch, p, x) for p in parts]
    return concat(sketch, halves[1], halves[0])


def concat(sketch: Sketch, a: Quantized, b: Quantized) -> Quantized:
    """Along the channels; the two may have quantizers of their own."""
    if not sketch.style.qdq and (a.scale, a.zero) == (b.scale, b.zero):
        name = sketch.node("Concat", [a.name, b.name], axis=1)
        return written(sketch, name, a.scale, a.zero)
    parts = [dequantize(sketch, t) for t in (a, b)]
    return quantize(sketch, sketch.node("Concat", parts, axis=1))


def concat_with_another(sketch: Sketch, x: Quantized) -> Quantized:
    """``x`` and an earlier tensor that fits, or itself."""
    shape = sketch.sample_shape(x)[1:]
    others = [t for t in sketch.pool if sketch.sample_shape(t)[1:] == shape]
    fits = [t for t in others if len(sketch.sample_shape(t)) == len(shape) + 1]
    return concat(sketch, x, sketch.choose(*fits))
