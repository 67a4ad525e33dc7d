"""Decompositions, packing, and data as a witness."""

from __future__ import annotations

from typing import Any

import numpy as np
from rig.calls import Call
from zkpot.compiler.field import FIELD

from .specimen import Specimen, Values, integers

HALF = (FIELD + 1) // 2


def bits(n: int, offset: int) -> Specimen:
    low, high = -offset, (1 << n) - offset - 1
    outside = [[low - 1], [high + 1], [low + HALF]] if n < 253 else [[low - 1]]
    return Specimen(
        Call("lib/bits.circom", "Bits", (n, offset), ((),), (n - 1,)),
        integers(low, high),
        lambda v: [(v + offset) >> i & 1 for i in range(n - 1)],
        tuple(outside),
    )


def checked(count: int, n: int, lo: int) -> Specimen:
    high = lo + (1 << n) - 1
    inside = [0 if lo <= 0 <= high else lo] * (count - 1)
    return Specimen(
        Call("lib/bits.circom", "RangeCheck", (count, n, lo), ((count,),), None),
        integers(lo, high, count),
        refused=([[lo - 1, *inside]], [[*inside, high + 1]]),
    )


def passed_on(n: int, m: int, width: int, lo: int) -> Specimen:
    outside = np.full((n, m), lo, object)
    outside[-1, -1] += 1 << width
    below = np.full((n, m), lo, object)
    below[0, 0] -= 1
    return Specimen(
        Call("nn/range_check.circom", "RangeChecked", (n, m, width, lo), ((n, m),), (n, m)),
        integers(lo, lo + (1 << width) - 1, n, m),
        lambda x: x,
        ([outside], [below]),
    )


def at_most(n: int, top: int) -> Specimen:
    ends = [top - (1 << n) - 1, top + (1 << n)]
    return Specimen(
        Call("nn/requantize_shift.circom", "AtMost", (n, top), ((),), ()),
        integers(0, (1 << n) - 1),
        lambda v: min(v, top),
        tuple([v] for v in ends),
    )


def pack(rows: int, columns: int, slots: int, stride: int) -> Specimen:
    def means(x: np.ndarray) -> list[int]:
        flat = x.ravel().tolist()
        groups = [flat[i : i + slots] for i in range(0, len(flat), slots)]
        return [sum(v << (stride * j) for j, v in enumerate(g)) for g in groups]

    groups = -(-rows * columns // slots)
    return Specimen(
        Call(
            "lib/pack.circom", "Pack", (rows, columns, slots, stride), ((rows, columns),), (groups,)
        ),
        integers(-(1 << (stride - 1)), (1 << (stride - 1)) - 1, rows, columns),
        means,
    )


def data(n: int, m: int, width: int, lo: int) -> Specimen:
    slots = 253 // width
    count = -(-n * m // slots)

    def draw(rng: np.random.Generator) -> Values:
        flat = integers(0, (1 << width) - 1, n * m)(rng)[0].tolist()
        parts = [flat[i : i + slots] for i in range(0, n * m, slots)]
        return [[sum(v << (width * j) for j, v in enumerate(p)) for p in parts]]

    def means(packed: list[int]) -> Any:
        flat = [packed[i // slots] >> (width * (i % slots)) for i in range(n * m)]
        return np.array([v % (1 << width) + lo for v in flat], object).reshape(n, m)

    last = n * m - (count - 1) * slots
    beyond = [0] * (count - 1) + [1 << (width * last)]
    return Specimen(
        Call("nn/public_data.circom", "PublicData", (n, m, width, lo), ((count,),), (n, m)),
        draw,
        means,
        ([beyond], [[-1] * count]),
    )


SPECIMENS = (
    bits(2, 0),
    bits(2, 7),
    bits(3, -5),
    bits(4, 8),
    bits(253, 0),
    checked(1, 2, 0),
    checked(3, 3, -3),
    passed_on(2, 3, 3, -4),
    passed_on(1, 1, 4, 2),
    at_most(1, 1),
    at_most(2, 2),
    at_most(3, 6),
    pack(1, 2, 2, 3),
    pack(2, 3, 4, 5),
    pack(2, 1, 1, 4),
    data(1, 3, 8, -128),
    data(2, 2, 84, -4),
)
