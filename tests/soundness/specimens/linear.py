"""Linear layers: packed products, and folds that refuse every other product."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rig.calls import Call
from rig.layers import Shape, exact, fitting, fold, tensors, window
from zkpot.compiler.field import FIELD
from zkpot.compiler.ops.geometry import flat

from .specimen import Specimen, Values

LINE = window((1, 1, 3), (1, 2), (1, 3), pads=(0, 1))
PLANE = window((1, 3, 3), (2, 2), (2, 2))
PADDED = window((2, 2, 3), (2, 2), (3, 2), pads=(1, 0))
STRIDED = window((1, 4, 5), (2, 2), (2, 2), strides=(2, 2), dilations=(1, 2))
BORDER = window((1, 1, 1), (1, 1), (1, 3), pads=(0, 1))
PAIRS = window((2, 1, 3), (1, 2), (1, 2))
CORNER = window((1, 1, 2), (1, 3), (1, 1), pads=(0, 1))

PACKED = fitting(
    [
        Shape(flat(2), 1, 3, True, 2),
        Shape(flat(2), 2, 2, False, 2),
        Shape(flat(2), 3, 2, True, 2, 2),
        Shape(flat(1), 2, 3, True, 2),
        Shape(LINE, 1, 2, True, 2, 2),
        Shape(LINE, 1, 1, False, 1, 3),
        Shape(PADDED, 1, 2, True, 1, 4),
        Shape(STRIDED, 1, 1, True, 1, 2),
        Shape(BORDER, 1, 2, True, 2),
        Shape(PAIRS, 1, 2, False, 1, 2, groups=2),
        Shape(PAIRS, 2, 4, True, 2, 3, groups=2),
    ]
)
MANY = [Shape(flat(2), 19, 3, True, 2, 2), Shape(PAIRS, 19, 2, False, 1, 3, groups=2)]
FOLDED = [
    Shape(flat(1), 1, 1, True, 1),
    Shape(flat(2), 1, 3, True, 2),
    Shape(flat(2), 3, 2, False, 2),
    Shape(flat(3), 2, 3, True, 2),
    Shape(LINE, 2, 2, True, 2),
    Shape(PADDED, 1, 1, False, 1),
    Shape(STRIDED, 2, 3, True, 2),
    Shape(CORNER, 2, 2, False, 1),
    Shape(PLANE, 1, 2, True, 2),
]
GROUPED = [Shape(PAIRS, 2, 2, False, 1, groups=2), Shape(PAIRS, 1, 6, True, 2, groups=2)]


def packed(shape: Shape, *, is_small: bool = True) -> Specimen:
    return Specimen(
        shape.case("conv_packed").call,
        lambda rng: tensors(shape, rng),
        lambda *values: exact(shape, *values),
        is_small=is_small,
    )


def block(shape: Shape) -> Specimen:
    """The one block of a layer; its rows fit one equation, or its weights come packed."""
    call = shape.case("conv_packed").call
    n, *windows = call.parameters[:14]
    stride, low = call.parameters[19:21]
    inline = n * shape.geometry.positions <= shape.rows
    columns = shape.width if inline else 1
    parameters = (n, *windows, shape.width, columns, int(shape.biased), shape.rows, stride, low)
    shapes = (call.inputs[0], (shape.depth, columns), (shape.width,))

    def draw(rng: np.random.Generator) -> Values:
        x, weight, *bias = tensors(shape, rng)
        if not inline:
            places = np.array([1 << (int(stride) * j) for j in range(shape.width)], object)
            weight = (weight.astype(object) @ places)[:, None]
        return [x, weight, bias[0][0] if bias else [0] * shape.width]

    def means(x: np.ndarray, weight: Any, bias: Any) -> np.ndarray:
        columns = weight if inline else unpacked(weight, int(stride), shape.width)
        return exact(shape, x, columns, np.array([bias]))

    return Specimen(
        Call(call.include, "ConvPackedBlock", parameters, shapes, call.output), draw, means
    )


def unpacked(weight: np.ndarray, stride: int, width: int) -> np.ndarray:
    """Balanced digits of every row's packed value."""
    found = []
    for (value,) in weight.tolist():
        digits, half = [], 1 << (stride - 1)
        for _ in range(width):
            digits.append((value + half) % (1 << stride) - half)
            value = (value - digits[-1]) >> stride
        found.append(digits)
    return np.array(found)


def spoilt(values: Values, at: int) -> Values:
    """``values`` with the last number of input ``at`` one more."""
    found = list(values)
    changed = np.array(found[at], object)
    changed[(-1,) * changed.ndim] += 1
    found[at] = changed
    return found


def folded(shape: Shape) -> Specimen:
    def draw(rng: np.random.Generator) -> Values:
        x, *private = tensors(shape, rng)
        r = int.from_bytes(rng.bytes(31), "big")
        return [fold(shape, x, r), r, *private, exact(shape, x, *private)]

    honest = draw(np.random.default_rng(5))
    wrong = [spoilt(honest, at) for at in (0, *range(2, len(honest)))]
    swapped = honest[-1].ravel()[::-1].reshape(honest[-1].shape)
    if (swapped != honest[-1]).any():
        wrong.append([*honest[:-1], swapped])
    return Specimen(shape.case("conv_folded").call, draw, refused=tuple(wrong))


def refolded(shape: Shape) -> Specimen:
    call = shape.case("conv_freivalds").call
    count = call.signals[0][0]

    def draw(rng: np.random.Generator) -> Values:
        x, *private = tensors(shape, rng)
        r = int.from_bytes(rng.bytes(31), "big")
        powers = [pow(r, e, FIELD) for e in range(count)]
        return [powers, x, *private, exact(shape, x, *private)]

    honest = draw(np.random.default_rng(6))
    wrong = [spoilt(honest, len(honest) - 1)]
    if shape.biased:
        wrong.append(spoilt(honest, 3))
    swapped = honest[-1].ravel()[::-1].reshape(honest[-1].shape)
    if (swapped != honest[-1]).any():
        wrong.append([*honest[:-1], swapped])
    return Specimen(call, draw, refused=tuple(wrong))


SPECIMENS = (
    *(packed(shape) for shape in PACKED),
    *(packed(shape, is_small=False) for shape in MANY),
    block(replace(PACKED[2], rows=1)),
    block(Shape(flat(2), 1, 2, True, 2)),
    block(PACKED[4]),
    *(folded(shape) for shape in [*FOLDED, *GROUPED]),
    *(refolded(shape) for shape in FOLDED),
)
