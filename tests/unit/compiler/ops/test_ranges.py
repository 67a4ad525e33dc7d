"""Range rules: no input in its interval leads out of the output's."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zkpot.compiler.ir import Interval, Node, TensorType, Value
from zkpot.compiler.ops.add import Add
from zkpot.compiler.ops.dense import Dense, worst_case
from zkpot.compiler.ops.scale import Scale

intervals = st.tuples(st.integers(-200, 200), st.integers(0, 200)).map(
    lambda t: Interval(t[0], t[0] + t[1])
)


def node(op: str, inputs: int, **attrs: object) -> Node:
    names = tuple(f"x{i}" for i in range(inputs))
    return Node(op, "n", names, Value("out", TensorType((1,), Interval(0, 0))), attrs)


def ends(interval: Interval) -> tuple[int, int]:
    return interval.lo, interval.hi


@given(intervals, intervals, st.integers(-9, 9), st.integers(-9, 9))
def test_sums_reach_exactly_their_interval(a, b, scale_a, scale_b):
    one = node("add", 2, scale_a=scale_a, scale_b=scale_b)
    found = Add().infer(one, [TensorType((1,), a), TensorType((1,), b)]).interval
    corners = [scale_a * x + scale_b * y for x, y in itertools.product(ends(a), ends(b))]
    assert ends(found) == (min(corners), max(corners))


@given(intervals, st.lists(st.integers(1, 99), min_size=1, max_size=4).map(tuple))
def test_factors_stay_in_their_interval(x, factor):
    one = node("scale", 1, factor=factor)
    found = Scale().infer(one, [TensorType((len(factor),), x)]).interval
    corners = [f * v for f, v in itertools.product(factor, ends(x))]
    assert found.lo <= min(corners) and max(corners) <= found.hi


@given(intervals, intervals, intervals, st.integers(1, 5))
def test_products_reach_exactly_their_interval(x, weight, bias, depth):
    types = [TensorType((depth,), x), TensorType((depth, 2), weight), TensorType((1, 2), bias)]
    found = Dense().infer(node("dense", 3), types)
    products = [a * b for a, b in itertools.product(ends(x), ends(weight))]
    exact = (depth * min(products) + bias.lo, depth * max(products) + bias.hi)
    assert (found.shape, ends(found.interval)) == ((2,), exact)


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_case_of_given_weights_is_reached_and_not_exceeded(seed):
    rng = np.random.default_rng(seed)
    lo = int(rng.integers(-5, 3))
    x = Interval(lo, lo + int(rng.integers(0, 4)))
    weight, bias = rng.integers(-9, 10, (3, 2)), rng.integers(-9, 10, (1, 2))
    every = np.array(list(itertools.product(range(x.lo, x.hi + 1), repeat=3)))
    sums = every @ weight + bias
    low, high = worst_case(x, weight, bias)
    assert (low == sums.min(0)).all() and (high == sums.max(0)).all()
