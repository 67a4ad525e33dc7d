"""The exact arithmetic of a quantized network.

An activation is ``2^-exponent * (q - zero_point)`` with q in uint8; a weight is 2^-exponent times
an integer of ``weight_bits`` bits, with one exponent a layer or one a channel; a bias has the
product of both scales. So accumulators are requantized by exact shifts, and every partial sum is a
float32 (design 3.8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .ir import Interval
from .ops.requantize_shift import fewest_bits

Values = NDArray[np.floating]
"""Activations [samples, size], float32 or float64; float32 holds every quantized value exactly."""
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Exponents = tuple[int, ...]
"""Of a layer's weights: one for all, or one a channel."""

UINT8_MAX = 255
EXACT_IN_FLOAT32 = 1 << 24  # every integer of smaller magnitude is a float32
HEADROOM = 1.5  # how much wider other contributors' models of the same task may be


@dataclass(frozen=True)
class Grid:
    """What a uint8 activation stands for: 2^-exponent * (q - zero_point)."""

    exponent: int
    zero_point: int

    @property
    def interval(self) -> tuple[int, int]:
        """Least and greatest centred value, q - zero_point."""
        return -self.zero_point, UINT8_MAX - self.zero_point

    def snapped(self, x: Values, lo: float = -math.inf, hi: float = math.inf) -> Values:
        """The grid's values next to ``x``: ties to even, saturated, and clipped to [lo, hi]."""
        least, greatest = self.interval
        if lo > -math.inf:
            least = min(max(least, round(math.ldexp(lo, self.exponent))), greatest)
        if hi < math.inf:
            greatest = max(min(greatest, round(math.ldexp(hi, self.exponent))), least)
        steps = np.clip(np.rint(np.ldexp(x, self.exponent)), least, greatest)
        values: Values = np.ldexp(steps, -self.exponent)
        return values

    def saturated(self, x: Values) -> int:
        """How many values lie more than one step outside of what the grid holds."""
        scaled, (lo, hi) = np.ldexp(x, self.exponent), self.interval
        return int(np.count_nonzero((scaled < lo - 1) | (scaled > hi + 1)))


@dataclass(frozen=True)
class IntegerLayer:
    """A linear layer in integers: weight int64 [K, M], bias int64 [M].

    ``output`` is None where the accumulators are the logits. ``clipped`` counts the parameters
    that their integer range cut off.
    """

    weight: IntArray
    bias: IntArray
    input: Grid
    weight_exponents: Exponents
    output: Grid | None
    clipped: int

    @property
    def accumulator_exponents(self) -> Exponents:
        """Accumulators and biases count units of 2^-this; one for all, or one a channel."""
        return tuple(self.input.exponent + e for e in self.weight_exponents)

    @property
    def shifts(self) -> Exponents:
        """s of each requantization ratio 2^-s; 0 where nothing is requantized."""
        if self.output is None:
            return (0,)
        return tuple(e - self.output.exponent for e in self.accumulator_exponents)

    @property
    def real_weight(self) -> FloatArray:
        """What the integer weights stand for."""
        real: FloatArray = np.ldexp(
            self.weight.astype(np.float64), -np.array(self.weight_exponents)
        )
        return real

    @property
    def real_bias(self) -> FloatArray:
        """What the integer biases stand for."""
        real: FloatArray = np.ldexp(
            self.bias.astype(np.float64), -np.array(self.accumulator_exponents)
        )
        return real

    @cached_property
    def bounds(self) -> tuple[IntArray, IntArray]:
        """Least and greatest accumulator of every channel, bias included, over all inputs."""
        lo, hi = self.input.interval
        least = np.minimum(self.weight * lo, self.weight * hi).sum(axis=0) + self.bias
        greatest = np.maximum(self.weight * lo, self.weight * hi).sum(axis=0) + self.bias
        return least, greatest

    @property
    def worst_cases(self) -> IntArray:
        """Greatest magnitude of every channel's accumulator."""
        least, greatest = self.bounds
        worst: IntArray = np.maximum(np.abs(least), np.abs(greatest))
        return worst

    @property
    def bits(self) -> int:
        """B, from the weights it has."""
        return accumulator_bits(int(self.worst_cases.max()), max(self.shifts))

    def exact_in_float32(self) -> bool:
        """Whether every partial sum, in any order, is below 2^24 in magnitude."""
        magnitude = max(map(abs, self.input.interval))
        partial = np.abs(self.weight).sum(axis=0) * magnitude + np.abs(self.bias)
        return int(partial.max()) < EXACT_IN_FLOAT32


def window(bits: int, shift: int) -> int:
    """Greatest accumulator magnitude that a signed ``bits``-bit requantization accepts.

    Design 3.5: the gadget decomposes acc + 2^(s-1), which has to stay within ``bits`` bits.
    """
    return (1 << (bits - 1)) - ((1 << shift) >> 1) - 1


def accumulator_bits(worst: int, shift: int) -> int:
    """B: the least signed width that holds HEADROOM times ``worst`` (design 3.5).

    ``shift`` is 0 for logits; the others need B >= s + 9: q's eight bits lie above s.
    """
    bits = shift + 9 if shift else 2
    while math.ceil(HEADROOM * worst) > window(bits, shift):
        bits += 1
    return bits


def circuit_bits(bits: int, shift: int, output: Grid | None) -> int:
    """Width of the decomposition that requantizes accumulators declared ``bits`` wide."""
    if output is None:
        return bits
    top = window(bits, shift)
    return fewest_bits(*output.interval, shift, Interval(-top, top))


def weight_range(bits: int) -> tuple[int, int]:
    """Least and greatest weight of ``bits`` bits."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _rounded(values: FloatArray, exponents: Exponents, lo: int, hi: int) -> tuple[IntArray, int]:
    """Integers nearest to values * 2^exponent, ties to even, and how many were cut off."""
    exact = np.rint(np.ldexp(values, np.array(exponents)))
    kept = np.clip(exact, lo, hi)
    return kept.astype(np.int64), int(np.count_nonzero(kept != exact))


def round_layer(
    weight: FloatArray,
    bias: FloatArray,
    grid: Grid,
    exponents: Exponents,
    output: Grid | None,
    weight_bits: int,
) -> IntegerLayer:
    """Rounds weights [K, M] and biases [M] to the scales given, and counts what was cut off."""
    integers, cut = _rounded(weight, exponents, *weight_range(weight_bits))
    int32 = np.iinfo(np.int32)
    products = tuple(grid.exponent + e for e in exponents)
    biases, cut_bias = _rounded(bias, products, int(int32.min), int(int32.max))
    return IntegerLayer(integers, biases, grid, exponents, output, cut + cut_bias)
