"""The widths of accumulators: public, so they say no more of the weights than a number of bits."""

import numpy as np
import pytest
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value

BYTES = Interval(-128, 127)


def dense(divisor=1.0):
    """Two bytes times a weight of one column, requantized by a power of two."""
    data = Value("x", TensorType((2,), BYTES))
    weight = Value("w", TensorType((2, 1), BYTES))
    acc = Value("acc", TensorType((1,), Interval(-(1 << 20), 1 << 20)))
    out = Value("out", TensorType((1,), BYTES))
    attrs = {"scale": (1.0,), "divisor": divisor, "fused": True, "lo": -128, "hi": 127}
    nodes = (Node("dense", "layer", ("x", "w"), acc), Node("requantize", "q", ("acc",), out, attrs))
    return Graph(data, Quantization(0.1, 0, "int8"), (weight,), nodes, "out")


def room(weights, *, declared=None, headroom=1.0, divisor=1.0):
    values = {"w": np.array(weights).reshape(2, 1)}
    found = chosen_accumulators(dense(divisor), values, declared or {}, headroom)
    return found["acc"]


@pytest.mark.parametrize("weights", [(5, 0), (-5, 0), (0, 7), (3, -4), (4, 3)])
def test_weights_whose_sums_have_equally_many_bits_have_one_interval(weights):
    """Magnitudes of 4 to 7 by inputs down to -128: 512 to 896, so 10 bits and a sign."""
    assert room(weights) == Interval(-1023, 1023)


@pytest.mark.parametrize(("weights", "top"), [((0, 0), 1), ((8, -1), 2047), ((1, 0), 255)])
def test_the_least_power_of_two_that_holds_the_worst_case(weights, top):
    assert room(weights) == Interval(-top, top)


@pytest.mark.parametrize(("headroom", "top"), [(1.0, 1023), (1.5, 1023), (2.0, 2047)])
def test_headroom_counts_before_rounding(headroom, top):
    assert room((5, 0), headroom=headroom) == Interval(-top, top)


def test_what_a_requantization_adds_stays_within_the_bits():
    """A division by 256 rounds by adding 128: 640 + 128 has 10 bits, and 896 + 128 has 11."""
    assert room((5, 0), divisor=256.0) == Interval(-(1023 - 128), 1023 - 128)
    assert room((7, 0), divisor=256.0) == Interval(-(2047 - 128), 2047 - 128)


def test_declared_bits_count_and_weights_do_not():
    for weights in ((5, 0), (-127, 127)):
        assert room(weights, declared={"layer": 12}) == Interval(-2047, 2047)
