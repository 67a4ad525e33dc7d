"""Templates that only compute: every signal is assigned by an equation."""

from __future__ import annotations

import numpy as np
from rig.calls import Call
from rig.layers import window
from rig.windows import pool_case, pooled
from zkpot.compiler.field import FIELD
from zkpot.compiler.ops.geometry import Geometry

from .specimen import Specimen, integers, joined

OVERLAPPING = window((1, 3, 3), (2, 2), (3, 2), pads=(1, 0))
SKIPPING = window((2, 3, 3), (2, 2), (1, 1), strides=(2, 2))
DILATED = window((1, 1, 5), (1, 2), (1, 3), strides=(1, 2), dilations=(1, 2), pads=(0, 1))
TALL = window((1, 5, 2), (2, 1), (2, 2), strides=(3, 1), dilations=(2, 1), pads=(1, 0))


def powers(count: int) -> Specimen:
    return Specimen(
        Call("lib/powers.circom", "Powers", (count,), ((),), (count,)),
        integers(0, FIELD - 1),
        lambda r: [pow(r, e, FIELD) for e in range(count)],
    )


def add(n: int, m: int, scale_a: int, scale_b: int, rows: int) -> Specimen:
    return Specimen(
        Call("nn/add.circom", "Add", (n, m, scale_a, scale_b, rows), ((n, m), (rows, m)), (n, m)),
        joined(integers(-99, 99, n, m), integers(-99, 99, rows, m)),
        lambda a, b: scale_a * a + scale_b * b,
    )


def multiply(n: int, m: int, rows: int) -> Specimen:
    return Specimen(
        Call("nn/multiply.circom", "Multiply", (n, m, rows), ((n, m), (rows, m)), (n, m)),
        joined(integers(-99, 99, n, m), integers(-99, 99, rows, m)),
        lambda a, b: a * b,
    )


def scale(n: int, factor: tuple[int, ...]) -> Specimen:
    m = len(factor)
    return Specimen(
        Call("nn/scale.circom", "Scale", (n, m, factor), ((n, m),), (n, m)),
        integers(-99, 99, n, m),
        lambda x: x * np.array(factor, object),
    )


def select(n: int, sizes: tuple[int, ...], index: tuple[int, ...]) -> Specimen:
    def means(*parts: np.ndarray) -> list[list[int]]:
        rows = np.concatenate(parts, 1).tolist()
        return [[0 if at == -1 else row[at] for at in index] for row in rows]

    template = "Select" if len(sizes) == 1 else "SelectOfTwo"
    shapes, out = tuple((n, size) for size in sizes), (n, len(index))
    return Specimen(
        Call("nn/select.circom", template, (n, *sizes, len(index), index), shapes, out),
        joined(*(integers(-99, 99, *shape) for shape in shapes)),
        means,
    )


def sum_image(geometry: Geometry) -> Specimen:
    """One channel of one sample."""
    _, height, width = geometry.image
    call = pool_case("sum_pool", geometry, 1).call
    out = geometry.output[0] * geometry.output[1]
    return Specimen(
        Call(call.include, "SumPoolImage", call.parameters[2:], ((height * width,),), (out,)),
        integers(-99, 99, height * width),
        lambda x: pooled(geometry, [x], sum)[0],
    )


def sum_pool(geometry: Geometry, samples: int) -> Specimen:
    call = pool_case("sum_pool", geometry, samples).call
    return Specimen(call, integers(-99, 99, *call.inputs[0]), lambda x: pooled(geometry, x, sum))


SPECIMENS = (
    powers(2),
    powers(3),
    powers(5),
    add(2, 2, 3, -2, 2),
    add(2, 3, 1, 1, 1),
    multiply(2, 2, 2),
    multiply(2, 3, 1),
    scale(2, (3, -1)),
    select(2, (3,), (2, -1, 0, 0)),
    select(2, (2, 3), (4, -1, 0, 1, 2)),
    sum_image(OVERLAPPING),
    sum_image(DILATED),
    sum_pool(SKIPPING, 2),
    sum_pool(TALL, 1),
)
