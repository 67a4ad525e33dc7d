"""Wires and non-zeros that primitives state, against what the compiler makes of their templates."""

from __future__ import annotations

import random

import pytest
from rig.build import compiled
from rig.calls import Case, case, source
from rig.cases import LINES, line_case
from rig.windows import GEOMETRIES, pool_case
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops import of
from zkpot.compiler.ops.size import Size, total


def maxima() -> list[Case]:
    """Where every element is read: the compiler drops the wire of an input that none reads."""
    return [pool_case("max_pool", GEOMETRIES[i]) for i in (0, 1, 2, 4, 6)]


def sums() -> list[Case]:
    """Where every window has more than one element, too: one alone is an old wire."""
    return [pool_case("sum_pool", GEOMETRIES[i]) for i in (0, 4, 6)]


def products() -> list[Case]:
    x = TensorType((9,), Interval(-128, 127))
    row = TensorType((1, 9), x.interval)
    return [case("multiply", [x, x], 2), case("multiply", [x, row], 2, (1,))]


def lookups() -> list[Case]:
    rng, found = random.Random(53), []
    for entries in (16, 60, 200, 256):
        x = TensorType((2,), Interval(-5, entries - 6))
        tables = (
            tuple(rng.randint(-128, 127) for _ in range(entries)),
            tuple(max(e - entries // 2, 0) for e in range(entries)),
            tuple(e // 2 for e in range(entries)),
        )
        found += [case("table", [x], lo=-5, table=table) for table in tables]
    return found


def thresholds() -> list[Case]:
    rng, found = random.Random(54), []
    for lo, bits in ((0, 9), (-128, 12)):
        rows = []
        for _ in range(2):
            row = [rng.randint(-99, 99)]
            for _ in range(256):
                row.append(row[-1] + rng.randint(0, (1 << bits) - 1))
            rows.append(tuple(row))
        attrs = {"thresholds": tuple(rows), "lo": lo, "hi": lo + 255, "bits": bits}
        found.append(case("requantize_table", [TensorType((4,), Interval(0, 1))], **attrs))
    return found


def shifts() -> list[Case]:
    """With and without bits between the window and the sign."""
    x = TensorType((8,), Interval(-10, 10))
    configs = [(5, 0, 0), (5, 0, 2), (6, -127, 0), (0, 0, 0), (0, 0, 1), (9, -128, 3)]
    return [
        case("requantize_shift", [x], shift=(s,), lo=lo, hi=lo + 255, bits=s + 9 + more)
        for s, lo, more in configs
    ]


def lines() -> list[Case]:
    return [line_case(*LINES[i], samples=n) for n, i in enumerate((0, 1, 3), 1)]


@pytest.mark.parametrize(
    "group",
    [maxima, sums, products, lookups, thresholds, shifts, lines],
    ids=lambda group: group.__name__,
)
def test_the_stated_size_is_within_a_percent(group):
    cases = group()
    found = compiled(source([c.call for c in cases])).equations
    inputs = sum(
        c.graph.value(name).type.size * (1 if c.graph.is_parameter(name) else c.samples)
        for c in cases
        for name in dict.fromkeys(c.node.inputs)
    )
    exact = Size(
        found.wires - 1 - inputs,
        sum(len(row) for row in (*found.a, *found.b)),
        sum(map(len, found.c)),
    )
    stated = total(of(c.node).size(c.node, c.graph, c.samples) for c in cases)
    assert stated.wires == pytest.approx(exact.wires, rel=0.01)
    assert stated.factors == pytest.approx(exact.factors, rel=0.01)
    assert stated.products == pytest.approx(exact.products, rel=0.01)
