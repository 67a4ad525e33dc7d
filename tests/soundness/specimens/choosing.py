"""Maxima, and the label's class among the logits."""

from __future__ import annotations

from typing import Any

import numpy as np
from rig.calls import Call, case
from rig.layers import window
from rig.windows import places, pool_case, pooled
from zkpot.compiler.field import FIELD
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.geometry import Geometry
from zkpot.compiler.statement import packed_labels

from .specimen import Specimen, Values, integers

POOL, COUNT = "nn/max_pool.circom", "eval/count_correct.circom"
HALF = (FIELD + 1) // 2
OVERLAPPING = window((1, 3, 3), (2, 2), (3, 2), pads=(1, 0))
SKIPPING = window((2, 3, 3), (2, 2), (1, 1), strides=(2, 2))
DILATED = window((1, 1, 5), (1, 2), (1, 3), strides=(1, 2), dilations=(1, 2), pads=(0, 1))
GAPS = window((1, 5, 2), (2, 1), (2, 2), strides=(2, 1), dilations=(3, 1), pads=(1, 0))


def larger(n: int) -> Specimen:
    span = 1 << n
    return Specimen(
        Call(POOL, "Larger", (n,), ((), ()), ()),
        lambda rng: rng.integers(-span // 2, span // 2, 2).tolist(),
        max,
        ([span, 0], [0, span], [HALF, 0]),
    )


def largest(count: int, n: int) -> Specimen:
    return Specimen(
        Call(POOL, "Largest", (count, n), ((count,),), ()),
        integers(0, (1 << n) - 1, count),
        lambda x: max(x.tolist()),
        ([[0] * (count - 1) + [1 << n]],) if count > 1 else (),
    )


def far_apart(geometry: Geometry, shape: tuple[int, ...], bits: int) -> tuple[Values, ...]:
    """2^bits and zeros: beside each other, and one above the other, where windows hold both."""
    width, found = geometry.image[2], []
    for neighbour in (lambda a, b: a // width == b // width, lambda a, b: a % width == b % width):
        pairs = [(a, b) for w in places(geometry) for a in w for b in w if a < b]
        for _, b in [pair for pair in pairs if neighbour(*pair)][:1]:
            far = np.zeros(shape, object)
            far.reshape(-1)[b] = 1 << bits
            found.append([far])
    return tuple(found)


def max_image(geometry: Geometry, bits: int) -> Specimen:
    """One channel of one sample."""
    _, height, width = geometry.image
    call = pool_case("max_pool", geometry, 1, bits).call
    out = geometry.output[0] * geometry.output[1]
    return Specimen(
        Call(POOL, "MaxPoolImage", call.parameters[2:], ((height * width,),), (out,)),
        integers(0, (1 << bits) - 1, height * width),
        lambda x: pooled(geometry, [x], max)[0],
        far_apart(geometry, (height * width,), bits),
    )


def max_pool(geometry: Geometry, samples: int, bits: int) -> Specimen:
    call = pool_case("max_pool", geometry, samples, bits).call
    low = -(1 << (bits - 1))
    return Specimen(
        call,
        integers(low, -low - 1, *call.inputs[0]),
        lambda x: pooled(geometry, x, max),
        far_apart(geometry, call.signals[0], bits),
    )


def hot_bits(label: int, classes: int) -> list[int]:
    return [int(j == label) for j in range(classes - 1)]


def is_argmax(classes: int, n: int, lo: int) -> Specimen:
    high = lo + (1 << (n - 1)) - 1

    def draw(rng: np.random.Generator) -> Values:
        close = int(rng.integers(2))
        y = rng.integers(lo, lo + 2 if close else high + 1, classes)
        return [y.tolist(), hot_bits(int(rng.integers(classes)), classes)]

    def means(y: list[int], hot: list[int]) -> int:
        return int(int(np.argmax(y)) == [*hot, 1 - sum(hot)].index(1))

    first, last = hot_bits(0, classes), hot_bits(classes - 1, classes)
    up, down = [0] * (classes - 1), [0] * (classes - 1)
    return Specimen(
        Call(COUNT, "LabelIsArgmax", (classes, n, lo), ((classes,), (classes - 1,)), ()),
        draw,
        means,
        (
            [[high + 1] * classes, first],
            [[lo - 1] * classes, first],
            [[lo - (1 << (n - 1)) - 1] * classes, last],
            [[lo, *(v + high + 2 for v in up)], first],
            [[*(v + high + 1 for v in down), lo], last],
        ),
    )


def count(n: int, classes: int, bits: int, lo: int, *, is_small: bool = True) -> Specimen:
    x = TensorType((classes,), Interval(lo, lo + (1 << (bits - 1)) - 1))
    call = case("count_correct", [x], n, lo=lo, bits=bits).call

    def draw(rng: np.random.Generator) -> Values:
        y = rng.integers(lo, lo + 3, (n, classes))
        guesses = np.where(rng.integers(2, size=n), y.argmax(1), rng.integers(classes, size=n))
        return [y, list(packed_labels(guesses.tolist(), classes))]

    def means(y: np.ndarray, labels: Any) -> int:
        bits = sum(int(v) << (253 * i) for i, v in enumerate(labels))
        chosen = [[bits >> (i * classes + j) & 1 for j in range(classes)] for i in range(n)]
        return sum(int(row.argmax()) == hot.index(1) for row, hot in zip(y, chosen, strict=True))

    y = np.full((n, classes), lo, object)
    honest = list(packed_labels([0] * n, classes))
    twice = [honest[0] + 2, *honest[1:]]
    none = [honest[0] - 1, *honest[1:]]
    beyond = [*honest[:-1], honest[-1] + (1 << (n * classes - 253 * (len(honest) - 1)))]
    lifted = [y + (1 << (bits - 1)), honest]
    outside = (*([y, bad] for bad in (twice, none, beyond)), lifted)
    return Specimen(call, draw, means, outside, is_small)


SPECIMENS = (
    larger(2),
    larger(3),
    *(largest(size, 2) for size in range(1, 6)),
    max_image(OVERLAPPING, 2),
    max_image(DILATED, 3),
    max_image(GAPS, 2),
    max_pool(SKIPPING, 2, 2),
    max_pool(OVERLAPPING, 1, 3),
    is_argmax(2, 4, -4),
    is_argmax(3, 4, -4),
    is_argmax(3, 5, 0),
    count(1, 2, 4, -4),
    count(2, 3, 4, -4),
    count(1, 254, 3, -2, is_small=False),
)
