"""Add and Scale against integers."""

from __future__ import annotations

import numpy as np
from rig.calls import case, run
from zkpot.compiler.ir import Interval, TensorType

BYTE = Interval(-128, 127)


def test_sums_of_activations_and_of_parameter_rows():
    rng = np.random.default_rng(21)
    x = TensorType((4,), BYTE)
    row = TensorType((1, 4), BYTE)
    cases, values = [], []
    for scale_a, scale_b in [(1, 1), (3, -2), (-1, 1 << 30), (0, 5)]:
        for second, parameters in ((x, ()), (row, (1,))):
            cases.append(case("add", [x, second], 3, parameters, scale_a=scale_a, scale_b=scale_b))
            shape = (1, 4) if parameters else (3, 4)
            values.append([rng.integers(-128, 128, (3, 4)), rng.integers(-128, 128, shape)])
    outputs = run([c.call for c in cases], values)
    for one, (a, b), output in zip(cases, values, outputs, strict=True):
        exact = one.node.attrs["scale_a"] * a + one.node.attrs["scale_b"] * b
        assert (output == exact).all()
        assert (one.evaluate(a, b) == exact).all()
        interval = one.node.output.type.interval
        assert interval.lo <= exact.min() and exact.max() <= interval.hi


def test_one_sample_and_a_parameter_row_look_alike():
    x = TensorType((2,), BYTE)
    one = case("add", [x, x], 1, (), scale_a=2, scale_b=7)
    (output,) = run([one.call], [[np.array([[3, -4]]), np.array([[5, 6]])]])
    assert output.tolist() == [[41, 34]]


def test_a_factor_a_channel():
    rng = np.random.default_rng(22)
    factors = [(1, 1, 1), (1, 5, 1 << 40), (3, 2, 1)]
    cases = [case("scale", [TensorType((3,), BYTE)], 4, factor=f) for f in factors]
    values = [rng.integers(-128, 128, (4, 3)) for _ in factors]
    outputs = run([c.call for c in cases], [[v] for v in values])
    for one, factor, value, output in zip(cases, factors, values, outputs, strict=True):
        assert output.tolist() == [
            [f * int(v) for f, v in zip(factor, r, strict=True)] for r in value
        ]
        assert (one.evaluate(value) == output).all()
