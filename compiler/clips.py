"""Rewrites any Clip between two dense layers into Relu and the saturation that uint8 has anyway."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from .quantize import UINT8_MAX, FloatLayer


def clip_exponent(layer: FloatLayer) -> int | None:
    """The output exponent whose uint8 grid just holds a layer clipped on both sides, or None."""
    width = layer.hi - layer.lo
    return None if math.isinf(width) else math.floor(math.log2(UINT8_MAX / width))


def absorb_clips(
    layers: Sequence[FloatLayer], exponents: Sequence[int | None]
) -> tuple[FloatLayer, ...]:
    """The same function of the input, in which every layer is linear or a Relu.

    ``clip(z, lo, hi) = clip(sign * (z - base), 0, hi - lo) / sign + base`` with base one of the
    bounds; scaled by c = 255 * 2^-exponent / (hi - lo), the upper bound falls on q = 255, where
    the grid of that exponent saturates. What remains to be done after the clip goes into the next
    layer's weights. So a Clip costs no constraint. ``exponents`` are the hidden layers' output
    exponents; only those of layers clipped on both sides are read, and the result relies on them.
    The last layer's bounds are dropped: they don't change which logit is greatest.
    """
    result = [*layers[:-1], replace(layers[-1], lo=-math.inf, hi=math.inf)]
    for i, layer in enumerate(layers[:-1]):
        if layer.linear:
            continue
        base, sign = (layer.lo, 1.0) if math.isfinite(layer.lo) else (layer.hi, -1.0)
        factor = sign * _saturation_factor(layer, exponents[i])
        here, following = result[i], result[i + 1]
        result[i] = replace(
            here,
            weight=here.weight * factor,
            bias=(here.bias - base) * factor,
            lo=0.0,
            hi=math.inf,
        )
        result[i + 1] = replace(
            following,
            weight=following.weight / factor,
            bias=following.bias + base * following.weight.sum(axis=0),
        )
    return tuple(result)


def _saturation_factor(layer: FloatLayer, exponent: int | None) -> float:
    width = layer.hi - layer.lo
    if math.isinf(width) or exponent is None:
        return 1.0
    return math.ldexp(UINT8_MAX, -exponent) / width
