"""Bounds, widths and rewrites, by brute force and on their exact boundaries."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from zkpot.compiler.clips import absorb_clips, clip_exponents
from zkpot.compiler.float_graph import FloatGraph
from zkpot.compiler.float_nodes import Linear
from zkpot.compiler.grids import input_grids
from zkpot.compiler.integer_graph import IntegerGraph, Scales, integer_logits
from zkpot.compiler.narrow import fitted
from zkpot.compiler.ops.geometry import flat
from zkpot.compiler.quantize import (
    Grid,
    accumulator_bits,
    circuit_bits,
    round_layer,
    window,
)


def rounded(weight, bias, grid, exponents, output=None, bits=7):
    return round_layer(
        np.array(weight, float), np.array(bias, float), grid, exponents, output, bits
    )


def chain(*parameters):
    """A perceptron of (weight, bias, lo, hi) that reads x."""
    nodes, source = [], "x"
    for i, (weight, bias, lo, hi) in enumerate(parameters):
        weight, bias = np.array(weight, float), np.array(bias, float)
        nodes.append(
            Linear(
                name=f"l{i}",
                inputs=(source,),
                output=f"z{i}",
                shape=bias.shape,
                lo=lo,
                hi=hi,
                weight=weight,
                bias=bias,
                weight_name=f"w{i}",
                bias_name=f"b{i}",
            )
        )
        source = f"z{i}"
    return FloatGraph("x", (len(parameters[0][0]),), tuple(nodes), source)


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


@pytest.mark.parametrize("shift", [1, 5, 8])
def test_a_rectified_layer_takes_no_more_bits_than_declared(shift):
    for bits in range(shift + 9, shift + 14):
        assert circuit_bits(bits, shift, Grid(3, 0)) == bits
        assert circuit_bits(bits, shift, Grid(3, 128)) in (bits, bits + 1)
        assert circuit_bits(bits, shift, None) == bits


@pytest.mark.parametrize("exponents", [(5,), (5, 3, 6, 4)])
def test_worst_case_by_trying_every_corner(exponents):
    rng = np.random.default_rng(3)
    for zero_point in (0, 28, 128, 254):
        weight, bias = rng.normal(size=(5, 4)), rng.normal(size=4)
        integer = rounded(weight, bias, Grid(4, zero_point), exponents)
        corners = np.array(list(itertools.product(integer.input.interval, repeat=5)))
        sums = corners @ integer.weight + integer.bias
        np.testing.assert_array_equal(integer.worst_cases, np.abs(sums).max(axis=0))
        np.testing.assert_array_equal(integer.bounds, (sums.min(axis=0), sums.max(axis=0)))


def test_partial_sums_reach_float32s_limit_exactly():
    def exact(bias):
        return rounded([[1.0]], [bias], Grid(0, 0), (0,)).exact_in_float32()

    assert exact(2**24 - 1 - 255)
    assert not exact(2**24 - 255)


def test_rounding_goes_to_even_and_counts_what_it_cuts():
    integer = rounded([[0.5, 1.5, 63.0, 63.6, -64.4, -65.0]], np.zeros(6), Grid(0, 0), (0,))
    assert integer.weight.tolist() == [[0, 2, 63, 63, -64, -64]]
    assert integer.clipped == 2


def test_every_channel_has_its_own_units():
    integer = rounded([[0.5, 0.5, 3.0]], [1.0, 0.25, -2.0], Grid(2, 0), (1, 6, 0), Grid(0, 0))
    assert integer.weight.tolist() == [[1, 32, 3]]
    assert integer.bias.tolist() == [8, 64, -8]
    assert integer.shifts == (3, 8, 2)
    np.testing.assert_array_equal(integer.real_weight, [[0.5, 0.5, 3.0]])
    np.testing.assert_array_equal(integer.real_bias, [1.0, 0.25, -2.0])


def test_snapping_is_round_half_to_even_of_the_exact_ratio():
    values = np.arange(-2000, 2000)
    for shift in (1, 3, 6):
        expected = [min(max(round(Fraction(int(v), 1 << shift)), -128), 127) for v in values]
        snapped = Grid(0, 128).snapped(np.ldexp(values.astype(np.float32), -shift))
        assert snapped.tolist() == expected


def test_snapping_keeps_bounds_inside_of_the_grid():
    values = np.linspace(-9, 9, 97)
    np.testing.assert_array_equal(
        Grid(2, 128).snapped(values, 0.0, 6.0), np.rint(np.clip(values, 0, 6) * 4) / 4
    )
    assert set(Grid(2, 0).snapped(values, -3.0, -1.0)) == {0.0}


@pytest.mark.parametrize("bounds", [(0.0, 6.0), (-1.0, 1.0), (0.3, math.inf), (-math.inf, 0.2)])
def test_absorbed_clips_compute_the_same(bounds):
    rng = np.random.default_rng(7)
    graph = chain(
        (rng.normal(size=(6, 9)), rng.normal(size=9), *bounds),
        (rng.normal(size=(9, 5)), rng.normal(size=5), *bounds),
        (rng.normal(size=(5, 3)), rng.normal(size=3), -math.inf, math.inf),
    )
    exponents = clip_exponents(graph)
    absorbed = absorb_clips(graph, exponents)
    x = rng.normal(size=(200, 6)) * 3
    values = x
    for item in absorbed.nodes:
        top = math.ldexp(255, -exponents[item.output]) if item.output in exponents else math.inf
        values = values @ item.weight + item.bias
        if item is not absorbed.nodes[-1]:
            assert (item.lo, item.hi) == (0.0, math.inf)
            values = np.clip(values, 0.0, top)
    np.testing.assert_allclose(values, graph.run(x)["z2"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "span", [(0, 16), (0, 1), (-0.4242, 2.8215), (-1, 1), (-3, 0), (5, 6), (-1e-3, 700), (0, 0)]
)
def test_input_grids_hold_their_data(span):
    x = np.array(span, float)
    safe, finer = input_grids(x)
    assert safe.saturated(x) == 0
    assert np.abs(safe.snapped(x) - x).max() <= 2.0 ** -(safe.exponent + 1)
    assert finer.exponent == safe.exponent + 1
    for grid in (safe, finer):
        assert grid.zero_point % 2 == 0
        assert 0 <= grid.zero_point <= 254


def test_rounded_model_computes_what_its_float_model_does():
    rng = np.random.default_rng(11)
    first = (rng.integers(-20, 20, (4, 6)), rng.integers(-9, 9, 6))
    second = (rng.integers(-20, 20, (6, 3)), rng.integers(-9, 9, 3))
    graph = chain((*first, 0.0, math.inf), (*second, -math.inf, math.inf))
    scales = Scales({"x": Grid(0, 0), "z0": Grid(-6, 0)}, {"z0": (0,), "z1": (0,)})
    model = IntegerGraph(graph, scales, 7)
    x = rng.integers(0, 256, (50, 4)).astype(float)
    hidden = np.clip(np.rint(np.maximum(x @ first[0] + first[1], 0) / 64), 0, 255)
    logits = hidden @ second[0] + np.rint(second[1] / 64)
    np.testing.assert_array_equal(integer_logits(model, x), logits.astype(np.int64))


@pytest.mark.parametrize("window_of", [None, flat(9)], ids=["dense", "convolution"])
def test_fitted_weights_are_the_finest_that_fit(window_of):
    rng = np.random.default_rng(5)
    graph = chain(
        (rng.normal(size=(9, 4)) * [1, 0.1, 3, 0.01], np.zeros(4), 0.0, math.inf),
        (rng.normal(size=(4, 3)), np.zeros(3), -math.inf, math.inf),
    )
    first = replace(graph.nodes[0], window=window_of)
    graph = replace(graph, nodes=(first, *graph.nodes[1:]))
    scales = Scales({"x": Grid(6, 0), "z0": Grid(4, 0)}, {"z0": (0,), "z1": (0,)})
    model = IntegerGraph(graph, scales, 7)
    for bits in (14, 15, 16, 17):
        exponents = fitted(model, graph.nodes[0], bits)
        fit = model.derive(scales.with_weights("z0", exponents)).layer(graph.nodes[0])
        assert fit.bits <= bits
        assert (len(set(exponents)) > 1) is first.by_channel
    assert fitted(model, graph.nodes[0], 9) is None
    (only,) = fitted(model, graph.nodes[1], 12)
    limit = window(12, 0)
    wider = model.derive(scales.with_weights("z1", (only + 1,))).layer(graph.nodes[1])
    assert 1.5 * wider.worst_cases.max() > limit or wider.clipped
