"""Requantization and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rig.calls import Call
from zkpot.compiler.field import FIELD

from .specimen import Specimen, integers

SHIFT, LINE = "nn/requantize_shift.circom", "nn/requantize_line.circom"
TABLE, LOOKUP = "nn/requantize_table.circom", "lib/lookup.circom"
Steps = tuple[int, ...]


def half_even(value: int, shift: int) -> int:
    """value / 2^shift, ties to even."""
    quotient, rest = divmod(2 * value, 2 << shift)
    return quotient + int(rest > 1 << shift or (rest == 1 << shift and quotient % 2))


def admitted(n: int, shift: int, lo: int) -> tuple[int, int]:
    half = (1 << (shift - 1)) - lo % 2 if shift else 0
    low = (lo << shift) - half - (1 << (n - 1))
    return low, low + (1 << n) - 1


def shift_one(n: int, shift: int, lo: int, width: int, top: int) -> Specimen:
    low, high = admitted(n, shift, lo)
    return Specimen(
        Call(SHIFT, "RequantizeShiftOne", (n, shift, lo, lo % 2, width, top), ((),), ()),
        integers(low, high),
        lambda v: min(max(half_even(v, shift), lo), lo + top),
        ([low - 1], [high + 1]),
    )


def shifts(samples: int, bits: int, each: tuple[int, ...], lo: int, top: int) -> Specimen:
    """Two elements a channel, two bits each."""
    m = 2 * len(each)
    ends = [admitted(bits, s, lo) for s in each]
    low, high = max(e[0] for e in ends), min(e[1] for e in ends)

    def means(x: np.ndarray) -> list[list[int]]:
        return [
            [min(max(half_even(v, each[j // 2]), lo), lo + top) for j, v in enumerate(row)]
            for row in x.tolist()
        ]

    outside = np.full((samples, m), low, object)
    outside[-1, -1] = ends[-1][1] + 1
    parameters = (samples, m, bits, len(each), each, lo, lo % 2, 2, top)
    return Specimen(
        Call(SHIFT, "RequantizeShift", parameters, ((samples, m),), (samples, m)),
        integers(low, high, samples, m),
        means,
        ([outside],),
    )


def on_line(v: int, num: int, offset: int, shift: int, lo: int, top: int) -> int:
    return min(max((num * v + offset) >> shift, 0), top) + lo


def line_one(
    n: int, low: int, line: tuple[int, int, int, int], lo: int, width: int, top: int
) -> Specimen:
    """``line``: num, offset, shift, wide."""
    num, offset, shift, _ = line
    high = low + (1 << n) - 1
    return Specimen(
        Call(LINE, "RequantizeLineOne", (n, low, *line, lo, width, top), ((),), ()),
        integers(low, high),
        lambda v: on_line(v, num, offset, shift, lo, top),
        ([low - 1], [high + 1], [pow(num, -1, FIELD)]),
    )


def lines(n: int, low: int, each: tuple[tuple[int, int, int, int], ...], lo: int) -> Specimen:
    """Two samples of two elements a channel, windows of two bits."""
    m = 2 * len(each)

    def means(x: np.ndarray) -> list[list[int]]:
        return [
            [on_line(v, *each[j // 2][:3], lo, 3) for j, v in enumerate(row)] for row in x.tolist()
        ]

    outside = np.full((2, m), low, object)
    outside[-1, -1] += 1 << n
    parameters = (2, m, n, low, len(each), *zip(*each, strict=True), lo, 2, 3)
    return Specimen(
        Call(LINE, "RequantizeLine", parameters, ((2, m),), (2, m)),
        integers(low, low + (1 << n) - 1, 2, m),
        means,
        ([outside],),
    )


def stepped(lo: int, steps: Steps) -> Callable[[int], int]:
    return lambda v: lo + sum(t <= v for t in steps[1:-1])


def table_one(n: int, lo: int, steps: Steps) -> Specimen:
    return Specimen(
        Call(TABLE, "RequantizeTableOne", (n, lo, steps), ((),), ()),
        integers(steps[0], steps[-1] - 1),
        stepped(lo, steps),
        ([steps[0] - 1], [steps[-1]]),
    )


def tables(n: int, lo: int, rows: tuple[Steps, ...]) -> Specimen:
    """Two elements a channel."""
    m = 2 * len(rows)
    low, high = max(r[0] for r in rows), min(r[-1] for r in rows) - 1

    def means(x: np.ndarray) -> list[list[int]]:
        return [[stepped(lo, rows[j // 2])(v) for j, v in enumerate(row)] for row in x.tolist()]

    call = Call(TABLE, "RequantizeTable", (1, m, n, lo, len(rows), rows), ((1, m),), (1, m))
    outside = np.full((1, m), low, object)
    outside[-1, -1] = rows[-1][-1]
    return Specimen(call, integers(low, high, 1, m), means, ([outside],))


def lookup(offset: int, *rows: Steps) -> Specimen:
    n = (len(rows[0]) - 1).bit_length()
    return Specimen(
        Call(LOOKUP, "Lookup", (n, offset, len(rows), rows), ((),), (len(rows),)),
        integers(-offset, (1 << n) - 1 - offset),
        lambda v: [row[v + offset] for row in rows],
        ([-offset - 1], [(1 << n) - offset]),
    )


def table(lo: int, row: Steps) -> Specimen:
    n = (len(row) - 1).bit_length()

    def means(x: np.ndarray) -> Any:
        return [[row[v - lo] for v in sample] for sample in x.tolist()]

    beyond = np.array([[lo, lo], [lo, lo + len(row)]], object)
    call = Call("nn/table.circom", "Table", (2, 2, n, lo, row), ((2, 2),), (2, 2))
    return Specimen(call, integers(lo, lo + len(row) - 1, 2, 2), means, ([beyond],))


ONES = tuple(range(-100, 157))
GAPS = tuple(sorted([*range(0, 400, 2), *[400] * 57]))
PARITY = tuple(i.bit_count() % 2 for i in range(256))

SPECIMENS = (
    shift_one(5, 2, -4, 2, 3),
    shift_one(7, 2, -4, 2, 3),
    shift_one(5, 2, -3, 2, 3),
    shift_one(7, 2, -3, 2, 3),
    shift_one(6, 1, -3, 2, 3),
    shift_one(3, 0, 0, 2, 3),
    shift_one(5, 0, 1, 2, 3),
    shift_one(6, 2, 0, 2, 2),
    shift_one(6, 1, -3, 2, 2),
    shifts(1, 6, (1, 2), -4, 3),
    shifts(2, 5, (2,), -3, 2),
    line_one(5, -16, (5, 3, 3, 8), -1, 2, 3),
    line_one(5, -16, (5, 3, 3, 8), -8, 4, 15),
    line_one(5, -16, (5, 3, 3, 8), 0, 2, 2),
    line_one(3, -4, (3, 1, 0, 5), -1, 2, 3),
    lines(4, -8, ((5, 3, 3, 8), (3, -2, 2, 7)), -1),
    table_one(2, -128, ONES),
    table_one(2, 0, GAPS),
    tables(3, -5, (ONES, GAPS[:200] + (398,) * 57)),
    lookup(0, (3, 1, 4, 1)),
    lookup(1, (5, 5, 5, 5)),
    lookup(0, (1, 3, 5, 7)),
    lookup(4, (0, 1, 4, 9, 16, 25, 36, 49)),
    lookup(0, (0, 0, 0, 0, 1, 1, 1, 1)),
    lookup(3, (2, 7, 1, 8, 2, 8, 1, 8), (3, 1, 4, 1, 5, 9, 2, 6)),
    lookup(0, (0, 0, 0, 7, 0, 0, 0, 7)),
    lookup(-3, (14, 3, 9, 12, 5, 0, 11, 6, 2, 15, 8, 1, 10, 7, 4, 13)),
    lookup(0, (0, 0, 0, 1) * 4),
    lookup(8, (0,) * 12 + (1,) * 4),
    lookup(0, PARITY),
    table(-2, (6, 0, 2, 9)),
    table(0, (1, 4, 1, 5, 9, 2, 6, 5)),
)
