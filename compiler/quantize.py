"""A multi-layer perceptron in floats and in integers, and the exact arithmetic of the latter.

An activation is ``2^-exponent * (q - zero_point)`` with q in uint8; a weight is 2^-exponent times
an integer of ``weight_bits`` bits; a bias has the product of both scales. So an accumulator is
requantized by an exact shift, and every partial sum is a float32 (design 3.8).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UINT8_MAX = 255
EXACT_IN_FLOAT32 = 1 << 24  # every integer of smaller magnitude is a float32
HEADROOM = 1.5  # how much wider other contributors' models of the same task may be


@dataclass(frozen=True)
class FloatLayer:
    """clip(x @ weight + bias, lo, hi): weight float64 [K, N], bias float64 [N].

    Relu is lo = 0; infinite bounds bound nothing. The names are the float model's.
    """

    name: str
    weight: FloatArray
    bias: FloatArray
    weight_name: str
    bias_name: str
    output_name: str
    lo: float = -math.inf
    hi: float = math.inf

    @property
    def linear(self) -> bool:
        """Whether nothing bounds the output."""
        return math.isinf(self.lo) and math.isinf(self.hi)


@dataclass(frozen=True)
class Grid:
    """What a uint8 activation stands for: 2^-exponent * (q - zero_point)."""

    exponent: int
    zero_point: int

    @property
    def interval(self) -> tuple[int, int]:
        """Least and greatest centred value, q - zero_point."""
        return -self.zero_point, UINT8_MAX - self.zero_point

    def quantize(self, x: FloatArray) -> FloatArray:
        """Centred integers (as float64) of real values: ties to even, saturated."""
        return np.clip(np.rint(np.ldexp(x, self.exponent)), *self.interval)

    def saturated(self, x: FloatArray) -> int:
        """How many values lie more than one step outside of what the grid holds."""
        scaled, (lo, hi) = np.ldexp(x, self.exponent), self.interval
        return int(np.count_nonzero((scaled < lo - 1) | (scaled > hi + 1)))


@dataclass(frozen=True)
class IntegerLayer:
    """A dense layer in integers: weight int64 [K, N], bias int64 [N].

    ``output`` is None for the last layer, whose accumulators are the logits. ``clipped`` counts
    the parameters that their integer range cut off.
    """

    weight: IntArray
    bias: IntArray
    input: Grid
    weight_exponent: int
    output: Grid | None
    clipped: int

    @property
    def accumulator_exponent(self) -> int:
        """Accumulators and biases count units of 2^-this."""
        return self.input.exponent + self.weight_exponent

    @property
    def shift(self) -> int:
        """s of the requantization ratio 2^-s; 0 where nothing is requantized."""
        return 0 if self.output is None else self.accumulator_exponent - self.output.exponent

    def accumulate(self, centred: FloatArray) -> FloatArray:
        """Accumulators [n, N]: integers in float64, exact in any order of summation."""
        result: FloatArray = centred @ self.weight.astype(np.float64) + self.bias
        return result

    def forward(self, centred: FloatArray) -> FloatArray:
        """Centred outputs, clip(rint(acc * 2^-s)) with ties to even; or the logits."""
        accumulators = self.accumulate(centred)
        if self.output is None:
            return accumulators
        return np.clip(np.rint(np.ldexp(accumulators, -self.shift)), *self.output.interval)

    def worst_cases(self) -> IntArray:
        """Greatest magnitude of every channel's accumulator, bias included, over all inputs."""
        lo, hi = self.input.interval
        least = np.minimum(self.weight * lo, self.weight * hi).sum(axis=0) + self.bias
        greatest = np.maximum(self.weight * lo, self.weight * hi).sum(axis=0) + self.bias
        worst: IntArray = np.maximum(np.abs(least), np.abs(greatest))
        return worst

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

    ``shift`` is 0 for the last layer; the others need B >= s + 9: q's eight bits lie above s.
    """
    bits = shift + 9 if shift else 2
    while math.ceil(HEADROOM * worst) > window(bits, shift):
        bits += 1
    return bits


def layer_bits(layer: IntegerLayer) -> int:
    """B of one layer, from the weights it has."""
    return accumulator_bits(int(layer.worst_cases().max()), layer.shift)


def weight_range(bits: int) -> tuple[int, int]:
    """Least and greatest weight of ``bits`` bits."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _rounded(values: FloatArray, exponent: int, lo: int, hi: int) -> tuple[IntArray, int]:
    """Integers nearest to values * 2^exponent, ties to even, and how many were cut off."""
    exact = np.rint(np.ldexp(values, exponent))
    kept = np.clip(exact, lo, hi)
    return kept.astype(np.int64), int(np.count_nonzero(kept != exact))


def round_layer(
    layer: FloatLayer, grid: Grid, weight_exponent: int, output: Grid | None, weight_bits: int
) -> IntegerLayer:
    """Rounds one layer's weights and biases to the scales given, and counts what was cut off."""
    weight, cut = _rounded(layer.weight, weight_exponent, *weight_range(weight_bits))
    int32 = np.iinfo(np.int32)
    exponent = grid.exponent + weight_exponent
    bias, cut_bias = _rounded(layer.bias, exponent, int(int32.min), int(int32.max))
    return IntegerLayer(weight, bias, grid, weight_exponent, output, cut + cut_bias)


def activations(model: Sequence[IntegerLayer], x: FloatArray) -> Iterator[FloatArray]:
    """Centred integers [n, features]: the quantized input, then what each layer puts out."""
    centred = model[0].input.quantize(x)
    yield centred
    for layer in model:
        centred = layer.forward(centred)
        yield centred


def integer_logits(model: Sequence[IntegerLayer], x: FloatArray) -> IntArray:
    """The final accumulators [n, classes] for real inputs [n, K]."""
    *_, logits = activations(model, x)
    return logits.astype(np.int64)


def float_activations(layers: Sequence[FloatLayer], x: FloatArray) -> list[FloatArray]:
    """The input [n, K], then what each layer puts out, in float64."""
    values = [x]
    for layer in layers:
        values.append(np.clip(values[-1] @ layer.weight + layer.bias, layer.lo, layer.hi))
    return values
