"""RequantizeShift against rounding of exact fractions, on both sides of every kind of border."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from rig.calls import Case, judge, run
from rig.cases import SHIFTS, fewest, shift_case
from zkpot.compiler import ops
from zkpot.compiler.ir import Interval
from zkpot.compiler.ops.requantize_shift import fewest_bits, window

SAMPLES = 48


def meaning(x: int, shift: int, lo: int, hi: int) -> int:
    return min(max(round(Fraction(x, 1 << shift)), lo), hi)


def probes(one: Case, shift: int, rng: random.Random) -> list[int]:
    """Window ends, clip ends, ties of both parities, zero and random values; `SAMPLES` of them."""
    lo, hi, bits = (int(one.node.attrs[k]) for k in ("lo", "hi", "bits"))
    admitted = window(lo, shift, bits)
    half = (1 << shift) >> 1
    points = [admitted.lo, admitted.lo + 1, admitted.hi - 1, admitted.hi, 0, -1, 1]
    for q in (lo - 1, lo, lo + 1, lo + 2, hi - 1, hi, hi + 1, 0):
        points += [(q << shift) + half + d for d in (-1, 0, 1)]
    points = [x for x in points if admitted.lo <= x <= admitted.hi]
    while len(points) < SAMPLES:
        far = rng.random() < 0.3
        points.append(
            rng.randint(admitted.lo, admitted.hi)
            if far
            else min(
                max((rng.randint(lo - 2, hi + 2) << shift) + rng.choice((0, half)), admitted.lo),
                admitted.hi,
            )
        )
    return points[:SAMPLES]


def test_every_probe_rounds_half_to_even_and_saturates():
    rng = random.Random(7)
    cases = [shift_case(*config, samples=SAMPLES) for config in SHIFTS]
    values = []
    for one in cases:
        size = one.node.output.type.size
        shifts = one.node.attrs["shift"] * (size // len(one.node.attrs["shift"]))
        columns = [probes(one, s, rng) for s in shifts]
        values.append(np.array(columns, np.int64).T)
    outputs = run([c.call for c in cases], [[v] for v in values])
    for one, value, output in zip(cases, values, outputs, strict=True):
        attrs = one.node.attrs
        for j in range(value.shape[1]):
            shift = attrs["shift"][j % len(attrs["shift"])]
            exact = [meaning(int(x), shift, attrs["lo"], attrs["hi"]) for x in value[:, j]]
            assert output[:, j].tolist() == exact, attrs
        assert (one.evaluate(value) == output).all()


def test_the_window_ends_exactly_where_it_says():
    cases, values, bad = [], [], set()
    for i, config in enumerate(SHIFTS):
        one = shift_case(*config, samples=4)
        attrs, size = one.node.attrs, one.node.output.type.size
        ends = [window(attrs["lo"], s, attrs["bits"]) for s in attrs["shift"]]
        ends *= size // len(ends)
        rows = [
            [w.lo for w in ends],
            [w.hi for w in ends],
            [w.lo - 1 for w in ends],
            [w.hi + 1 for w in ends],
        ]
        cases.append(one)
        values.append([np.array(rows, object)])
        bad |= {(i, row, j) for row in (2, 3) for j in range(size)}
    verdict = judge([c.call for c in cases], values)
    assert verdict.where(r"main\.c(\d+)\..*one\[(\d+)\]\[(\d+)\]") == bad


def test_what_is_enforced_and_accepted_frames_every_channel_window():
    one = shift_case((2, 5, 1), -128, 127, 3, samples=1).node
    windows = [window(-128, s, one.attrs["bits"]) for s in (2, 5, 1)]
    enforced, accepted = (getattr(ops.of(one), kind)(one, 0) for kind in ("enforces", "accepts"))
    assert (enforced.lo, enforced.hi) == (min(w.lo for w in windows), max(w.hi for w in windows))
    assert (accepted.lo, accepted.hi) == (max(w.lo for w in windows), min(w.hi for w in windows))


@pytest.mark.parametrize(("lo", "hi", "shift"), [(-128, 127, 4), (0, 255, 1), (-127, 127, 0)])
def test_fewest_bits_is_the_first_width_that_holds_the_worst_case(lo, hi, shift):
    least = fewest(lo, hi, shift)
    for bits in range(least, least + 6):
        exact = window(lo, shift, bits)
        assert fewest_bits(lo, hi, shift, exact) == bits
        assert fewest_bits(lo, hi, shift, Interval(exact.lo, exact.hi + 1)) == bits + 1
        assert fewest_bits(lo, hi, shift, Interval(exact.lo - 1, exact.hi)) == bits + 1
