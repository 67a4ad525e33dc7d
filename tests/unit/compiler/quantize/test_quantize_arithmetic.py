"""Bounds, widths and rewrites, by brute force and on their exact boundaries."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from zkpot.compiler.calibrate import Scales, input_grids, round_model
from zkpot.compiler.clips import absorb_clips, clip_exponent
from zkpot.compiler.quantize import (
    FloatLayer,
    Grid,
    accumulator_bits,
    float_activations,
    integer_logits,
    round_layer,
    window,
)


def layer(weight, bias, lo=-math.inf, hi=math.inf):
    return FloatLayer("l", np.array(weight, float), np.array(bias, float), "w", "b", "z", lo, hi)


@pytest.mark.parametrize("shift", [0, 1, 5, 8])
def test_bits_are_the_least_that_hold_the_worst_case_with_headroom(shift):
    offset = Fraction(1 << shift, 2) if shift else 0
    for exponent in range(3, 23):
        for worst in range((1 << exponent) * 2 // 3 - 140, (1 << exponent) * 2 // 3 + 5):
            if worst < 0:
                continue
            least = next(
                b
                for b in itertools.count(2)
                if Fraction(3, 2) * worst <= 2 ** (b - 1) - offset - 1
                and (shift == 0 or b >= shift + 9)
            )
            assert accumulator_bits(worst, shift) == least


@pytest.mark.parametrize(("bits", "shift"), [(10, 1), (12, 3), (17, 8)])
def test_window_keeps_the_rounded_sum_inside_its_bits(bits, shift):
    half, top = 1 << (shift - 1), 1 << (bits - 1)
    limit = window(bits, shift)
    assert limit + half <= top - 1 < limit + 1 + half
    assert -limit + half >= -top


def test_worst_case_by_trying_every_corner():
    rng = np.random.default_rng(3)
    for zero_point in (0, 28, 128, 254):
        integer = round_layer(
            layer(rng.normal(size=(5, 4)), rng.normal(size=4)), Grid(4, zero_point), 5, None, 7
        )
        corners = np.array(list(itertools.product(integer.input.interval, repeat=5)))
        sums = corners @ integer.weight + integer.bias
        np.testing.assert_array_equal(integer.worst_cases(), np.abs(sums).max(axis=0))


def test_partial_sums_reach_float32s_limit_exactly():
    def exact(bias):
        weight = np.full((1, 1), 1.0)
        return round_layer(layer(weight, [bias]), Grid(0, 0), 0, None, 7).exact_in_float32()

    assert exact(2**24 - 1 - 255)
    assert not exact(2**24 - 255)


def test_rounding_goes_to_even_and_counts_what_it_cuts():
    integer = round_layer(
        layer([[0.5, 1.5, 63.0, 63.6, -64.4, -65.0]], np.zeros(6)), Grid(0, 0), 0, None, 7
    )
    assert integer.weight.tolist() == [[0, 2, 63, 63, -64, -64]]
    assert integer.clipped == 2


def test_requantization_is_round_half_to_even_of_the_exact_ratio():
    weight = np.ones((1, 1))
    for shift in (1, 3, 6):
        integer = round_layer(layer(weight, [0.0]), Grid(shift, 128), 0, Grid(0, 128), 7)
        assert integer.shift == shift
        values = np.arange(-2000, 2000)
        expected = [min(max(round(Fraction(int(v), 1 << shift)), -128), 127) for v in values]
        got = integer.forward(values.astype(float)[:, None])[:, 0]
        assert got.tolist() == expected


@pytest.mark.parametrize("bounds", [(0.0, 6.0), (-1.0, 1.0), (0.3, math.inf), (-math.inf, 0.2)])
def test_absorbed_clips_compute_the_same(bounds):
    rng = np.random.default_rng(7)
    layers = (
        layer(rng.normal(size=(6, 9)), rng.normal(size=9), *bounds),
        layer(rng.normal(size=(9, 5)), rng.normal(size=5), *bounds),
        layer(rng.normal(size=(5, 3)), rng.normal(size=3)),
    )
    exponents = [clip_exponent(item) for item in layers[:-1]]
    absorbed = absorb_clips(layers, exponents)
    x = rng.normal(size=(200, 6)) * 3
    values = x
    for item, exponent in zip(absorbed, [*exponents, None], strict=True):
        top = math.inf if exponent is None else math.ldexp(255, -exponent)
        values = values @ item.weight + item.bias
        if item is not absorbed[-1]:
            assert (item.lo, item.hi) == (0.0, math.inf)
            values = np.clip(values, 0.0, top)
    np.testing.assert_allclose(values, float_activations(layers, x)[-1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "span", [(0, 16), (0, 1), (-0.4242, 2.8215), (-1, 1), (-3, 0), (5, 6), (-1e-3, 700), (0, 0)]
)
def test_input_grids_hold_their_data(span):
    x = np.array(span, float)
    safe, finer = input_grids(x)
    assert safe.saturated(x) == 0
    centred = safe.quantize(x)
    assert np.abs(np.ldexp(centred, -safe.exponent) - x).max() <= 2.0 ** -(safe.exponent + 1)
    assert finer.exponent == safe.exponent + 1
    for grid in (safe, finer):
        assert grid.zero_point % 2 == 0
        assert 0 <= grid.zero_point <= 254


def test_rounded_model_computes_what_its_float_model_does():
    rng = np.random.default_rng(11)
    layers = (
        layer(rng.integers(-20, 20, (4, 6)), rng.integers(-9, 9, 6), lo=0.0),
        layer(rng.integers(-20, 20, (6, 3)), rng.integers(-9, 9, 3)),
    )
    scales = Scales(Grid(0, 0), (0, 0), (Grid(-6, 0),))
    model = round_model(layers, scales, 7)
    x = rng.integers(0, 256, (50, 4)).astype(float)
    hidden = np.clip(np.rint(np.maximum(x @ layers[0].weight + layers[0].bias, 0) / 64), 0, 255)
    logits = hidden @ layers[1].weight + np.rint(layers[1].bias / 64)
    np.testing.assert_array_equal(integer_logits(model, x), logits.astype(np.int64))
