"""Proofs that a mean, which onnxruntime takes in float32, depends on the integer sum alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..ir import Attribute, Interval, Node, TensorType, Value
from ..ops.base import IntArray
from ..ops.requantize import float_steps
from .tensors import Floats, RealMean

EXACT_FLOATS = 1 << 24
"""Float32 holds all integers up to here."""

ROUNDING = 2.0**-24
"""The largest relative error of one float32 operation."""


def ambiguous(mean: RealMean, attrs: Mapping[str, Attribute], *, ordered: bool) -> int | None:
    """A sum of some window for which onnxruntime's float32 result could differ from that of the
    requantization with ``attrs``, whose ``count`` is left out; None if there is no such sum.

    ordered: whether the kernel adds up each window's elements one after the other.
    """
    for terms, count in mean.windows:
        sums = np.arange(terms * mean.interval.lo, terms * mean.interval.hi + 1)
        bounds = _bounds(mean, terms, sums, ordered=ordered)
        if bounds is None:
            continue
        steps = [_steps(attrs, count, np.float32(1), bound) for bound in bounds]
        wanted = _steps(attrs, count, np.float32(mean.scale), sums)
        wrong = (steps[0] != wanted) | (steps[1] != wanted)
        if wrong.any():
            return int(sums[np.argmax(wrong)])
    return None


def _steps(
    attrs: Mapping[str, Attribute], count: int, scale: np.float32, values: IntArray | Floats
) -> IntArray:
    """What the requantization makes of each of ``values``, times ``scale``, over ``count``."""
    one = Value("", TensorType((), Interval(0, 0)))
    form = {**attrs, "scale": float(scale), "count": count}
    return float_steps(Node("requantize", "", (), one, form), values[:, None])[:, 0]


def _bounds(
    mean: RealMean, terms: int, sums: IntArray, *, ordered: bool
) -> tuple[Floats, Floats] | None:
    """The least and the greatest float32 sum of dequantized elements for each integer sum; None if
    they are exact: products with a power of two, and nothing beyond 24 bits."""
    largest = terms * max(-mean.interval.lo, mean.interval.hi)
    if np.frexp(mean.scale)[0] == 0.5 and largest < EXACT_FLOATS:
        return None
    if ordered:
        return _in_order(mean, terms)
    # Σ|x| is at most |Σx| where no element has the other sign, and ``largest`` otherwise; each of
    # an element's roundings (one product, at most ``terms`` sums) is at most ROUNDING.
    one_sign = mean.interval.lo >= 0 or mean.interval.hi <= 0
    absolute = np.abs(sums) if one_sign else np.full(len(sums), largest)
    error = (np.exp2(np.log2(1 + ROUNDING) * (terms + 1)) - 1) * absolute * float(mean.scale)
    exact = sums * float(mean.scale)
    low, high = (exact - error).astype(np.float32), (exact + error).astype(np.float32)
    return np.nextafter(low, np.float32(-np.inf)), np.nextafter(high, np.float32(np.inf))


def _in_order(mean: RealMean, terms: int) -> tuple[Floats, Floats]:
    """Over every order of elements with a given sum. A float32 sum is monotone in both terms, so
    the extremes of n + 1 elements come from those of n."""
    values = np.arange(mean.interval.lo, mean.interval.hi + 1)
    products = values.astype(np.float32) * np.float32(mean.scale)
    low = high = np.zeros(1, np.float32)
    for _ in range(terms):
        size = len(low) + len(values) - 1
        least = np.full(size, np.inf, np.float32)
        greatest = np.full(size, -np.inf, np.float32)
        for start, product in enumerate(products):
            part = slice(start, start + len(low))
            np.minimum(least[part], low + product, out=least[part])
            np.maximum(greatest[part], high + product, out=greatest[part])
        low, high = least, greatest
    return low, high
