"""The strategy: an input, a chain of operators with side branches, a head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from hypothesis import strategies as st

from . import functions, layers, movement, pairs, windows
from .quantizing import dequantize, quantize
from .sketch import Array, Quantized, Sketch, Style

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One operator, and the samples that it takes."""

    apply: Callable[[Sketch, Quantized], Quantized]
    fits: Callable[[Sketch, Shape], bool]


@dataclass(frozen=True)
class Drawn:
    """A model and data for it, samples first."""

    model: onnx.ModelProto
    x: Array


def _any(_sketch: Sketch, _shape: Shape) -> bool:
    return True


def _image(_sketch: Sketch, shape: Shape) -> bool:
    return len(shape) in (2, 3) and min(shape[1:]) >= 2


def _plane(_sketch: Sketch, shape: Shape) -> bool:
    return len(shape) == 3


def _matrix(_sketch: Sketch, shape: Shape) -> bool:
    return len(shape) <= 2


def _operator_form(sketch: Sketch, _shape: Shape) -> bool:
    return not sketch.style.qdq


STEPS = (
    Step(layers.conv, _image),
    Step(layers.conv, _image),
    Step(layers.dense, _matrix),
    Step(windows.max_pool, _image),
    Step(windows.average_pool, _image),
    Step(windows.global_pool, lambda s, shape: _image(s, shape) and s.number(0, 2) == 0),
    Step(windows.reduce, lambda s, shape: _image(s, shape) and s.number(0, 2) == 0),
    Step(windows.batch_norm, lambda s, shape: len(shape) > 1 and s.number(0, 3) == 0),
    Step(movement.transpose, lambda _, shape: len(shape) > 1),
    Step(movement.reshape, _any),
    Step(movement.flatten, lambda _, shape: len(shape) > 1),
    Step(movement.squeeze, lambda _, shape: len(shape) > 1 and 1 in shape),
    Step(movement.unsqueeze, lambda _, shape: len(shape) < 3),
    Step(movement.slices, lambda _, shape: max(shape) > 1),
    Step(movement.gather, _any),
    Step(movement.pad, _any),
    Step(movement.resize, _plane),
    Step(movement.depth_to_space, lambda _, shape: len(shape) == 3 and shape[0] % 4 == 0),
    Step(movement.split_and_concat, lambda _, shape: shape[0] > 1),
    Step(movement.concat_with_another, _any),
    Step(functions.plain, _any),
    Step(functions.plain, _any),
    Step(functions.gated, _any),
    Step(functions.clip, _any),
    Step(functions.with_a_number, _any),
    Step(functions.prelu, _any),
    Step(functions.nothing, _any),
    Step(functions.qlinear, _operator_form),
    Step(pairs.pair, _any),
    Step(pairs.pair, _any),
    Step(pairs.with_constant, _any),
    Step(pairs.excited, _plane),
)

styles = st.builds(
    Style,
    qdq=st.booleans(),
    dtype=st.sampled_from(["uint8", "int8"]),
    weights=st.sampled_from(["int8", "int8", "uint8"]),
    opset=st.sampled_from([13, 17, 21]),
    batch=st.sampled_from(["N", "N", 1]),
    powers=st.booleans(),
    full_range=st.sampled_from([False, False, True]),
    even_zeros=st.booleans(),
)
shapes = (
    st.tuples(st.integers(1, 4), st.integers(2, 7), st.integers(2, 7))
    | st.tuples(st.integers(1, 4), st.integers(2, 10))
    | st.tuples(st.integers(2, 16))
)

seeds = st.integers(0, 2**32 - 1)


@st.composite
def models(draw: Any, most: int = 8) -> Drawn:
    """Models of up to ``most`` operators before the head.

    What one operator is like follows from its own seed, so leaving out another changes little.
    """
    style, shape, seed = draw(styles), draw(shapes), draw(seeds)
    sketch = Sketch(style, shape, seed)
    current, x = _input(sketch)
    for one in draw(st.lists(seeds, min_size=1, max_size=most)):
        sketch.reseed(seed, one)
        fitting = [s for s in STEPS if s.fits(sketch, sketch.sample_shape(current))]
        current = sketch.choose(*fitting).apply(sketch, current)
    sketch.reseed(seed)
    return Drawn(sketch.model(_head(sketch, current)), x)


def _input(sketch: Sketch) -> tuple[Quantized, Array]:
    """The data: half steps, beyond the range of 8 bits too; bytes where the model takes bytes."""
    if not sketch.style.qdq and sketch.maybe():
        dtype = sketch.style.dtype
        limits = np.iinfo(dtype)
        x = sketch.random.integers(limits.min, limits.max + 1, (24, *sketch.shape)).astype(dtype)
        sketch.values["x"] = x[: sketch.samples]
        zero = sketch.choose(limits.min, (limits.min + limits.max + 1) // 2)
        data = Quantized("x", np.float32(sketch.choose(0.0625, 0.05)), zero, dtype)
        sketch.pool.append(data)
        return data, x
    sketch.values["x"] = sketch.random.uniform(-3, 5, (sketch.samples, *sketch.shape)).astype("f")
    data = quantize(sketch, "x")
    steps = sketch.random.integers(-560, 560, (24, *sketch.shape)) / 2
    return data, (steps * data.scale).astype(np.float32)


def _head(sketch: Sketch, current: Quantized) -> str:
    """Logits in one axis, in one of the forms that models end in."""
    shape = sketch.sample_shape(current)
    if len(shape) > 1:
        current = movement.flatten(sketch, current)
    form = sketch.choose("accumulators", "accumulators", "quantized", "bytes", "as it is")
    size = sketch.sample_shape(current)[0]
    if form == "as it is" and size > 1:
        name = dequantize(sketch, current)
    elif form == "accumulators":
        classes = sketch.number(2, 10)
        inputs = (sketch, current, "Gemm", (size, classes), classes, {})
        name = layers.accumulator(*inputs)
    else:
        found = layers.dense(sketch, current)
        name = found.name if form == "bytes" else dequantize(sketch, found)
    if form == "bytes":
        return name
    last = sketch.choose("none", "none", "Softmax", "ArgMax", "LogSoftmax")
    if last == "none":
        return name
    attributes = {"axis": 1, "keepdims": sketch.choose(0, 1)} if last == "ArgMax" else {"axis": -1}
    return sketch.node(last, [name], **attributes)
