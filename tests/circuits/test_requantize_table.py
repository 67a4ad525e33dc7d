"""RequantizeTable against a linear search, on both sides of every threshold."""

from __future__ import annotations

import random

import numpy as np
from rig.calls import Case, case, judge, run
from zkpot.compiler.ir import Interval, TensorType

Row = tuple[int, ...]


def row(start: int, steps: list[int]) -> Row:
    found = [start]
    for step in steps:
        found.append(found[-1] + step)
    return tuple(found)


def rows(seed: int) -> list[tuple[int, tuple[Row, ...], int]]:
    """(lo, thresholds, bits) triples: ones, gaps, huge steps, a row a channel, tails of nothing."""
    rng = random.Random(seed)
    ones = row(-100, [1] * 256)
    gaps = row(0, [rng.choice((0, 0, 1, 7, 15)) for _ in range(256)])
    short = row(-5000, [rng.randint(100, 1000) for _ in range(100)] + [0] * 156)
    huge = row(-(1 << 60), [1 << 52] * 256)
    empty_start = row(9, [0] * 40 + [3] * 216)
    return [
        (-128, (ones,), 2),
        (0, (gaps,), 4),
        (-7, (short, row(-4000, [rng.randint(1, 1023) for _ in range(256)])), 10),
        (0, (huge,), 53),
        (3, (empty_start,), 2),
    ]


def table_case(lo: int, thresholds: tuple[Row, ...], bits: int, samples: int) -> Case:
    x = TensorType((2,), Interval(0, 1))
    return case(
        "requantize_table", [x], samples, thresholds=thresholds, lo=lo, hi=lo + 255, bits=bits
    )


def meaning(x: int, lo: int, thresholds: Row) -> int:
    return next(lo + q for q in range(256) if thresholds[q] <= x < thresholds[q + 1])


def test_the_step_of_values_on_both_sides_of_thresholds():
    rng, samples = random.Random(3), 24
    cases, values = [], []
    for lo, thresholds, bits in rows(3):
        columns = []
        for j in range(2):
            one = thresholds[j % len(thresholds)]
            edges = [one[0], one[-1] - 1]
            edges += [t - d for t in rng.choices(one[1:-1], k=12) for d in (0, 1)]
            edges = [min(max(x, one[0]), one[-1] - 1) for x in edges]
            columns.append(
                (edges + [rng.randrange(one[0], one[-1]) for _ in range(samples)])[:samples]
            )
        cases.append(table_case(lo, thresholds, bits, samples))
        values.append(np.array(columns, np.int64).T)
    outputs = run([c.call for c in cases], [[v] for v in values])
    for one, (lo, thresholds, _), value, output in zip(
        cases, rows(3), values, outputs, strict=True
    ):
        for j in range(2):
            exact = [meaning(int(x), lo, thresholds[j % len(thresholds)]) for x in value[:, j]]
            assert output[:, j].tolist() == exact
        assert (one.evaluate(value) == output).all()


def test_all_thresholds_of_one_row():
    lo, (thresholds,), bits = rows(5)[1]
    admitted = range(thresholds[0], thresholds[-1])
    inside = sorted({t - d for t in thresholds for d in (0, 1)} & set(admitted))
    inside += inside[-1:] * (len(inside) % 2)
    one = table_case(lo, (thresholds,), bits, len(inside) // 2)
    value = np.array(inside, np.int64).reshape(-1, 2)
    (output,) = run([one.call], [[value]])
    assert output.ravel().tolist() == [meaning(x, lo, thresholds) for x in inside]


def test_nothing_outside_the_table_is_admitted():
    cases, values, bad = [], [], set()
    for i, (lo, thresholds, bits) in enumerate(rows(4)):
        ends = [thresholds[j % len(thresholds)] for j in range(2)]
        points = [
            [e[0] for e in ends],
            [e[-1] - 1 for e in ends],
            [e[0] - 1 for e in ends],
            [e[-1] for e in ends],
        ]
        cases.append(table_case(lo, thresholds, bits, 4))
        values.append([np.array(points, object)])
        bad |= {(i, row, j) for row in (2, 3) for j in range(2)}
    verdict = judge([c.call for c in cases], values)
    assert verdict.where(r"main\.c(\d+)\..*one\[(\d+)\]\[(\d+)\]") == bad
