"""Integer forms equal the float steps, on both sides of each threshold, over all they admit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zkpot.compiler import ops
from zkpot.compiler.errors import InputError
from zkpot.compiler.ir import Interval, Node, TensorType, Value
from zkpot.compiler.ops.requantize import float_steps
from zkpot.compiler.passes.lower_requantize import lower, thresholds

LONG = (1 << 22) - 1


def requantize(
    scale: float | tuple[float, ...], lo: int, hi: int, divisor: float = 1.0, fused: bool = True
) -> Node:
    channels = len(scale) if isinstance(scale, tuple) else 1
    out = Value("out", TensorType((channels,), Interval(lo, hi)))
    attrs = {"scale": scale, "divisor": divisor, "lo": lo, "hi": hi, "fused": fused}
    return Node("requantize", "step", ("acc",), out, attrs)


def disagreements(node: Node, lowered: Node, channels: int) -> int:
    """Points at which the two differ, of all the steps' two sides and of the ends."""
    admitted = ops.of(lowered).accepts(lowered, 0)
    steps = thresholds(node, channels, admitted).T
    ends = np.full((1, channels), admitted.lo), np.full((1, channels), admitted.hi)
    points = np.concatenate([steps, steps - 1, *ends])
    points = np.clip(points, admitted.lo, admitted.hi)
    exact = float_steps(node, points)
    return int((ops.of(lowered).evaluate(lowered, [points]) != exact).sum())


ratios = st.one_of(
    st.floats(2.0**-16, 1.5, width=32),
    st.integers(0, 16).map(lambda s: 2.0**-s),
    st.integers(1, 63).map(lambda n: n / 1024),
)
spans = st.tuples(st.integers(1, LONG), st.integers(1, LONG)).map(lambda t: Interval(-t[0], t[1]))
clips = st.one_of(
    st.integers(0, 255).map(lambda zero: (-zero, 255 - zero)),
    st.tuples(st.integers(-128, 0), st.integers(1, 127)),
)


@settings(max_examples=120, deadline=None)
@given(ratios, spans, clips, st.floats(2.0**-6, 8, width=32), st.booleans())
def test_any_scale_any_zero_point_any_clip(ratio, span, clip, divisor, fused):
    node = requantize(float(np.float32(ratio * divisor)), *clip, divisor, fused)
    lowered = lower(node, span)
    assert span in ops.of(lowered).accepts(lowered, 0)
    assert disagreements(node, lowered, 1) == 0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(2.0**-12, 1.0, width=32), min_size=2, max_size=4).map(tuple), spans, clips
)
def test_a_scale_a_channel(scale, span, clip):
    node = requantize(scale, *clip)
    lowered = lower(node, span)
    assert span in ops.of(lowered).accepts(lowered, 0)
    assert disagreements(node, lowered, len(scale)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_every_accumulator_of_small_spans(seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        span = Interval(-int(rng.integers(1, 3000)), int(rng.integers(1, 3000)))
        zero = int(rng.integers(0, 256))
        node = requantize(float(np.float32(2.0 ** rng.uniform(-6, 1))), -zero, 255 - zero)
        lowered = lower(node, span)
        admitted = ops.of(lowered).accepts(lowered, 0)
        points = np.arange(admitted.lo, admitted.hi + 1)[:, None]
        exact = float_steps(node, points)
        assert (ops.of(lowered).evaluate(lowered, [points]) == exact).all()


@pytest.mark.parametrize("shift", range(1, 15))
@pytest.mark.parametrize("zero", [0, 1, 127, 128])
def test_a_power_of_two_takes_the_cheap_form(shift, zero):
    lowered = lower(requantize(2.0**-shift, -zero, 255 - zero), Interval(-100_000, 100_000))
    assert (lowered.op, lowered.attrs["shift"]) == ("requantize_shift", (shift,))


def test_shifts_a_channel_stay_cheap():
    lowered = lower(requantize((0.5, 0.125, 0.25), 0, 255), Interval(-5000, 5000))
    assert (lowered.op, lowered.attrs["shift"]) == ("requantize_shift", (1, 3, 2))


def test_a_ratio_that_is_on_no_line_gets_a_table():
    """Design 3.5: 3/1024 takes 512 to 2, 1536 to 4 and 2560 to 8, ties to even."""
    node = requantize(3 / 1024, 0, 255)
    assert float_steps(node, np.array([[512], [1536], [2560]])).ravel().tolist() == [2, 4, 8]
    assert lower(node, Interval(-100_000, 100_000)).op == "requantize_table"


def test_a_line_is_taken_where_it_is_cheaper():
    lowered = lower(requantize(float(np.float32(0.0131)), 0, 255), Interval(-60_000, 60_000))
    assert lowered.op == "requantize_line"
    table = 2 * max(2, int(1 / 0.0131).bit_length()) + 65
    assert lowered.attrs["bits"] + lowered.attrs["wide"][0] + 4 < table


def test_float_rounding_beyond_24_bits_keeps_its_table():
    """float32(acc) rounds there, so no shift of acc itself reproduces it."""
    node = requantize(2.0**-20, 0, 255)
    span = Interval(-(1 << 28), 1 << 28)
    lowered = lower(node, span)
    assert lowered.op != "requantize_shift"
    assert disagreements(node, lowered, 1) == 0


def test_more_than_8_bits_are_refused():
    with pytest.raises(InputError, match=r"'step' quantizes to more than 8 bits"):
        lower(requantize(0.5, 0, 256), Interval(-10, 10))
