"""Multiply against integers, at the ends of what bytes give."""

from __future__ import annotations

import numpy as np
from rig.calls import case, run
from zkpot.compiler.ir import Interval, TensorType


def test_products_of_activations_and_with_a_parameter_row():
    rng = np.random.default_rng(51)
    x, y = TensorType((4,), Interval(-128, 127)), TensorType((4,), Interval(0, 255))
    row = TensorType((1, 4), Interval(-128, 127))
    cases = [case("multiply", [x, y], 3), case("multiply", [x, row], 3, (1,))]
    a = rng.choice([-128, 127, 0, 5], (3, 4))
    values = [[a, rng.integers(0, 256, (3, 4))], [a, np.array([[-128, 127, 0, 1]])]]
    outputs = run([c.call for c in cases], values)
    for one, (left, right), output in zip(cases, values, outputs, strict=True):
        exact = [
            [int(p) * int(q) for p, q in zip(one_row, right[i % len(right)], strict=True)]
            for i, one_row in enumerate(left)
        ]
        assert output.tolist() == exact
        assert one.evaluate(left, right).tolist() == exact
    assert [c.node.output.type.interval for c in cases] == [
        Interval(-128 * 255, 127 * 255),
        Interval(-128 * 127, 128 * 128),
    ]
