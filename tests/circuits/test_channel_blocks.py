"""Requantizations with one value a channel, where a channel is a block of elements."""

from __future__ import annotations

import numpy as np
from rig.calls import Case, case, constraint_counts, run
from rig.cases import LINES
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.requantize_line import wide_bits

BLOCK = 3
ROWS = (tuple(range(-100, 157)), tuple(range(-512, 515, 4)))


def shifts() -> Case:
    x = TensorType((3 * BLOCK,), Interval(-10, 10))
    return case("requantize_shift", [x], 2, shift=(0, 3, 1), lo=-128, hi=127, bits=14)


def lines() -> Case:
    found, lo, hi, low, bits = LINES[1]
    admitted = Interval(low, low + (1 << bits) - 1)
    wide = tuple(wide_bits(*line, 8, admitted) for line in found)
    num, offset, shift = zip(*found, strict=True)
    attrs = {"num": num, "offset": offset, "shift": shift, "wide": wide, "low": low, "bits": bits}
    return case("requantize_line", [TensorType((2 * BLOCK,), admitted)], 2, **attrs, lo=lo, hi=hi)


def tables() -> Case:
    x = TensorType((2 * BLOCK,), Interval(0, 1))
    return case("requantize_table", [x], 2, thresholds=ROWS, lo=-7, hi=248, bits=2)


def exact(one: Case, x: int, channel: int) -> int:
    attrs = one.node.attrs
    lo, hi = attrs["lo"], attrs["hi"]
    if one.node.op == "requantize_shift":
        return min(max(round(x / 2 ** attrs["shift"][channel]), lo), hi)
    if one.node.op == "requantize_line":
        num, offset, shift = (attrs[key][channel] for key in ("num", "offset", "shift"))
        return min(max((num * x + offset) // 2**shift, 0), hi - lo) + lo
    return lo + sum(x >= step for step in attrs["thresholds"][channel][1:])


def test_every_block_has_its_channels_values():
    rng = np.random.default_rng(71)
    cases = [shifts(), lines(), tables()]
    values = [rng.integers(-100, 156, (2, one.node.output.type.size)) for one in cases]
    outputs = run([c.call for c in cases], [[v] for v in values])
    for one, value, output in zip(cases, values, outputs, strict=True):
        found = [[exact(one, int(x), j // BLOCK) for j, x in enumerate(row)] for row in value]
        assert output.tolist() == found
        assert one.evaluate(value).tolist() == found


def test_a_block_costs_as_often_as_it_has_elements():
    cases = [shifts(), lines(), tables()]
    assert constraint_counts([c.call for c in cases]) == [c.constraints for c in cases]
