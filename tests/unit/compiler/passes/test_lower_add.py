"""The integer sum and its thresholds equal onnxruntime's float sum on every pair of bytes."""

from __future__ import annotations

import numpy as np
import pytest
from zkpot.compiler import ops
from zkpot.compiler.errors import InputError
from zkpot.compiler.ir import Interval, Node, TensorType, Value
from zkpot.compiler.ops.add_quantized import quantized_sum
from zkpot.compiler.passes.lower_add import lower


def add(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> Node:
    lo, hi = -zeros[2], 255 - zeros[2]
    attrs = {f"scale_{k}": v for k, v in zip("abc", scales, strict=True)}
    attrs |= {f"zero_{k}": v for k, v in zip("abc", zeros, strict=True)}
    out = Value("sum", TensorType((1,), Interval(lo, hi)))
    return Node("add_quantized", "plus", ("a", "b"), out, {**attrs, "lo": lo, "hi": hi})


def mismatches(node: Node) -> int:
    a, b = (Interval(-int(node.attrs[k]), 255 - int(node.attrs[k])) for k in ("zero_a", "zero_b"))
    total, step = lower(node, TensorType((1,), a), TensorType((1,), b))
    left, right = np.meshgrid(np.arange(a.lo, a.hi + 1), np.arange(b.lo, b.hi + 1))
    left, right = left.reshape(-1, 1), right.reshape(-1, 1)
    sums = ops.of(total).evaluate(total, [left, right])
    admitted = ops.of(step).accepts(step, 0)
    assert admitted.lo <= sums.min() and sums.max() <= admitted.hi
    return int((ops.of(step).evaluate(step, [sums]) != quantized_sum(node, left, right)).sum())


def test_random_scales_on_every_pair_are_exact_or_refused():
    rng, lowered = np.random.default_rng(6), 0
    for _ in range(16):
        scales = tuple(float(np.float32(2.0 ** rng.uniform(-6, 0))) for _ in range(3))
        zeros = tuple(int(v) for v in rng.integers(0, 256, 3))
        try:
            assert mismatches(add(scales, zeros)) == 0
            lowered += 1
        except InputError as error:
            assert "'plus' adds tensors by a rule that no integer sum reproduces" in str(error)
    assert lowered > 0


@pytest.mark.parametrize("zeros", [(0, 0, 0), (128, 2, 254), (7, 3, 1)])
@pytest.mark.parametrize("exponents", [(0, 0, 0), (-3, -5, -2), (-1, -7, 0)])
def test_powers_of_two_are_never_refused(exponents, zeros):
    assert mismatches(add(tuple(2.0**e for e in exponents), zeros)) == 0
