"""The numpy meanings of requantization against exact fractions and linear searches."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from zkpot.compiler.ir import Interval, Node, TensorType, Value
from zkpot.compiler.ops.requantize_line import RequantizeLine, wide_bits
from zkpot.compiler.ops.requantize_shift import RequantizeShift, fewest_bits, window, window_width
from zkpot.compiler.ops.requantize_table import RequantizeTable

bounds = st.tuples(st.integers(-255, 255), st.integers(1, 255)).map(lambda b: (b[0], b[0] + b[1]))
accumulators = st.lists(st.integers(-(1 << 40), 1 << 40), min_size=1, max_size=20)


def node(op: str, **attrs: object) -> Node:
    out = Value("out", TensorType((1,), Interval(int(attrs["lo"]), int(attrs["hi"]))))
    return Node(op, "n", ("x",), out, attrs)


@given(accumulators, st.integers(0, 30), bounds, st.data())
def test_a_shift_rounds_half_to_even_and_clips(values, shift, clip, data):
    lo, hi = clip
    half = (1 << shift) >> 1
    ties = data.draw(st.lists(st.integers(lo - 3, hi + 3), max_size=10))
    values = [*values, *((q << shift) + half for q in ties)]
    one = node("requantize_shift", shift=(shift,), lo=lo, hi=hi, bits=62)
    found = RequantizeShift().evaluate(one, [np.array(values)[:, None]])
    exact = [min(max(round(Fraction(x, 1 << shift)), lo), hi) for x in values]
    assert found[:, 0].tolist() == exact


@given(accumulators, bounds, st.data())
def test_a_table_is_a_linear_search(values, clip, data):
    lo, hi = clip
    steps = data.draw(st.lists(st.integers(0, 1 << 33), min_size=256, max_size=256))
    row = [-(1 << 40)]
    for step in steps:
        row.append(row[-1] + step)
    row[-1] = max(row[-1], (1 << 40) + 1)
    one = node("requantize_table", thresholds=(tuple(row),), lo=lo, hi=hi, bits=42)
    found = RequantizeTable().evaluate(one, [np.array(values)[:, None]])
    exact = [next(lo + q for q in range(256) if row[q] <= x < row[q + 1]) for x in values]
    assert found[:, 0].tolist() == exact


@given(
    st.lists(st.integers(-(1 << 25), 1 << 25), min_size=1, max_size=20),
    st.tuples(st.integers(1, 1 << 20), st.integers(-(1 << 40), 1 << 40), st.integers(0, 30)),
    bounds,
)
def test_a_line_floors_and_clips(values, line, clip):
    (num, offset, shift), (lo, hi) = line, clip
    attrs = {"num": (num,), "offset": (offset,), "shift": (shift,), "lo": lo, "hi": hi}
    found = RequantizeLine().evaluate(node("requantize_line", **attrs), [np.array(values)[:, None]])
    exact = [lo + min(max((num * x + offset) // (1 << shift), 0), hi - lo) for x in values]
    assert found[:, 0].tolist() == exact


@given(
    st.integers(1, 1 << 20),
    st.integers(-(1 << 40), 1 << 40),
    st.integers(0, 30),
    st.integers(1, 8),
    st.tuples(st.integers(-(1 << 30), 1 << 30), st.integers(0, 1 << 30)),
)
def test_the_wide_bits_are_the_fewest_that_hold_the_line(num, offset, shift, width, span):
    admitted = Interval(span[0], sum(span))
    bits = wide_bits(num, offset, shift, width, admitted)
    ends = [num * x + offset for x in (admitted.lo, admitted.hi)]

    def holds(b: int) -> bool:
        fits = all(-(1 << (b - 1)) <= e < 1 << (b - 1) for e in ends)
        return fits and b >= shift + width + 1

    assert holds(bits) and not holds(bits - 1)


@settings(max_examples=50)
@given(bounds, st.integers(0, 30), st.integers(-(1 << 40), 0), st.integers(0, 1 << 40))
def test_the_window_holds_the_worst_case_and_all_clipped_ends(clip, shift, low, high):
    lo, hi = clip
    worst = Interval(low, high)
    bits = fewest_bits(lo, hi, shift, worst)
    assert worst in window(lo, shift, bits)
    assert bits >= shift + window_width(lo, hi) + 1
    narrower = window(lo, shift, bits - 1)
    assert worst not in narrower or bits - 1 < shift + window_width(lo, hi) + 1
