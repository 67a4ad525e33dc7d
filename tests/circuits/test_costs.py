"""Every primitive's cost formula equals what the compiler makes of its template."""

from __future__ import annotations

import random

import pytest
from rig.calls import Case, case, constraint_counts
from rig.cases import LINES, SHIFTS, line_case, shift_case
from rig.windows import GEOMETRIES, pool_case
from zkpot.compiler.ir import Interval, TensorType

BYTE = Interval(-128, 127)


def row(m: int) -> TensorType:
    return TensorType((m,), BYTE)


def shifts() -> list[Case]:
    return [shift_case(*config, samples=n) for n, config in enumerate(SHIFTS, 1)]


def lines() -> list[Case]:
    return [line_case(*line, samples=n) for n, line in enumerate(LINES, 1)]


def tables() -> list[Case]:
    rng, found = random.Random(51), []
    for lo, bits, channels, samples in [
        (0, 2, 1, 2),
        (-128, 9, 3, 1),
        (5, 40, 1, 1),
        (-1, 3, 3, 2),
    ]:
        rows = []
        for _ in range(channels):
            thresholds = [rng.randint(-99, 99)]
            for _ in range(256):
                thresholds.append(thresholds[-1] + rng.randint(0, (1 << bits) - 1))
            rows.append(tuple(thresholds))
        attrs = {"thresholds": tuple(rows), "lo": lo, "hi": lo + 255, "bits": bits}
        found.append(case("requantize_table", [row(3)], samples, **attrs))
    return found


def degenerate_tables() -> list[Case]:
    """Tables whose lookups have no high part, or no part at all."""
    flat = (0, *[1] * 256)
    two = (0, *[4] * 16, *[8] * 240)
    wide = (-3, *range(-3, 253))
    even = tuple(range(257))
    return [
        case("requantize_table", [row(1)], 1, thresholds=(t,), lo=0, hi=255, bits=4)
        for t in (flat, two, wide, even)
    ]


def counting() -> list[Case]:
    configs = [(1, 2, 2, 0), (1, 10, 20, -5), (26, 10, 5, -16), (51, 5, 3, 0), (3, 100, 4, 1)]
    return [case("count_correct", [row(c)], n, lo=lo, bits=bits) for n, c, bits, lo in configs]


def elementwise() -> list[Case]:
    private = TensorType((1, 3), BYTE)
    return [
        case("add", [row(3), row(3)], 2, (), scale_a=1, scale_b=1),
        case("add", [row(3), private], 2, (1,), scale_a=5, scale_b=-1),
        case("add", [row(1), row(1)], 1, (), scale_a=1, scale_b=3),
        case("scale", [row(3)], 2, factor=(1, 1, 1)),
        case("scale", [row(3)], 2, factor=(1, 2, 1 << 20)),
        case("scale", [row(2)], 1, factor=(3, 2)),
        case("multiply", [row(3), row(3)], 2),
        case("multiply", [row(3), private], 2, (1,)),
        case("range_check", [row(3)], 2, lo=0, bits=2),
        case("range_check", [row(1)], 1, lo=-7, bits=252),
    ]


def pools() -> list[Case]:
    maxima = [pool_case("max_pool", g, n, bits=2 * n - 1) for n, g in enumerate(GEOMETRIES, 1)]
    return maxima + [pool_case("sum_pool", g) for g in GEOMETRIES]


def lookups() -> list[Case]:
    rng, found = random.Random(52), []
    for entries in (2, 3, 7, 16, 31, 60, 128, 200, 256):
        lo = rng.choice([0, -entries // 2])
        x = TensorType((2,), Interval(lo, lo + entries - 1))
        mixed = tuple(rng.randint(-128, 127) for _ in range(entries))
        steps = tuple((e + 4) // 5 for e in range(entries))
        few = tuple((e & 5) * ((e >> 1 & 9) + 1) for e in range(entries))
        line = tuple(3 * e + 1 for e in range(entries))
        found += [case("table", [x], lo=lo, table=t) for t in (mixed, steps, few, line)]
    return found


@pytest.mark.parametrize(
    "group",
    [shifts, lines, tables, degenerate_tables, counting, elementwise, pools, lookups],
    ids=lambda g: g.__name__,
)
def test_the_formula_is_the_count(group):
    cases = group()
    found = constraint_counts([c.call for c in cases])
    expected = [c.constraints for c in cases]
    assert found == expected, [
        (c.node.op, c.call.parameters[:9], a, b)
        for c, a, b in zip(cases, found, expected, strict=True)
        if a != b
    ]
