"""Chooses every scale: the exponents that classify calibration data best, then the narrowest.

Coordinate descent over a few neighbouring exponents per layer, each tried in exact integers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .clips import absorb_clips, clip_exponent
from .errors import InputError
from .quantize import (
    UINT8_MAX,
    FloatArray,
    FloatLayer,
    Grid,
    IntegerLayer,
    float_activations,
    layer_bits,
    round_layer,
    weight_range,
)

Progress = Callable[[str, float], None]
Labels = NDArray[np.int64]

MAX_EXPONENT = 60  # the product of two scales, 2^-120 at the least, is a normal float32
SEARCH_SAMPLES = 1000
SWEEPS = 2
QUIET = 0.01  # noise below this share of the logits' variance may buy narrower accumulators


@dataclass(frozen=True)
class Scales:
    """The choice for a whole model: one weight exponent a layer, one grid a hidden output."""

    input: Grid
    weights: tuple[int, ...]
    outputs: tuple[Grid, ...]

    def layer(self, i: int) -> tuple[Grid, int, Grid | None]:
        """Input grid, weight exponent and output grid of layer ``i``."""
        grid = self.outputs[i - 1] if i else self.input
        return grid, self.weights[i], self.outputs[i] if i < len(self.outputs) else None

    def with_layer(self, i: int, weight: int, output: Grid | None) -> Scales:
        """These scales with another weight exponent and output grid for layer ``i``."""
        weights = (*self.weights[:i], weight, *self.weights[i + 1 :])
        if output is None:
            return replace(self, weights=weights)
        outputs = (*self.outputs[:i], output, *self.outputs[i + 1 :])
        return replace(self, weights=weights, outputs=outputs)


def round_model(
    layers: Sequence[FloatLayer], scales: Scales, weight_bits: int
) -> tuple[IntegerLayer, ...]:
    """All layers, rounded to ``scales``."""
    return tuple(
        round_layer(layer, *scales.layer(i), weight_bits) for i, layer in enumerate(layers)
    )


def calibrate(
    layers: Sequence[FloatLayer],
    x: FloatArray,
    target: Labels,
    weight_bits: int,
    progress: Progress | None = None,
) -> tuple[tuple[FloatLayer, ...], Scales]:
    """The layers with their clips absorbed, and the scales to round them to; deterministic.

    ``x``: real inputs [n, K]; ``target``: the class that each of them should get [n].
    Raises InputError where no scales exist, naming the layer.
    """
    fixed = tuple(clip_exponent(layer) for layer in layers[:-1])
    absorbed = absorb_clips(layers, fixed)
    stride = math.ceil(len(x) / SEARCH_SAMPLES)
    search = _Search(absorbed, x[::stride], target[::stride], weight_bits, fixed)
    return absorbed, search.run(progress or (lambda _stage, _done: None))


def input_grids(x: FloatArray) -> tuple[Grid, Grid]:
    """The finest grid with an even zero point that holds all of ``x``, and the next finer one."""
    least, greatest = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    exponent = _exponent_for(greatest - least, UINT8_MAX)
    zero_point = _even_above(-round(math.ldexp(least, exponent)))
    if round(math.ldexp(greatest, exponent)) + zero_point > UINT8_MAX:
        exponent -= 1
        zero_point = _even_above(-round(math.ldexp(least, exponent)))
    centre = (UINT8_MAX - math.ldexp(least + greatest, exponent + 1)) / 2
    finer = min(max(2 * round(centre / 2), 0), UINT8_MAX - 1) if least < 0 else 0
    return Grid(exponent, zero_point), Grid(exponent + 1, finer)


def _even_above(value: int) -> int:
    return value + value % 2


def _exponent_for(magnitude: float, steps: int) -> int:
    """The greatest e with magnitude * 2^e <= steps; 0 for a magnitude of 0."""
    return math.floor(math.log2(steps / magnitude)) if magnitude > 0 else 0


def _weight_exponent(layer: FloatLayer, bits: int) -> int:
    """The greatest exponent at which no weight is cut off."""
    lo, hi = weight_range(bits)
    exponent = _bounded(_exponent_for(float(np.abs(layer.weight).max()), -lo), layer)
    cut = np.rint(np.ldexp(layer.weight, exponent)) > hi
    return exponent - int(bool(cut.any()))


def _bounded(exponent: int, layer: FloatLayer) -> int:
    if abs(exponent) > MAX_EXPONENT:
        raise InputError(
            f"layer {layer.name!r} can't be quantized",
            why=f"its values call for a scale of 2^{-exponent}, near the ends of float32",
            remedy="normalize the data and retrain, so that weights and activations are near 1",
        )
    return exponent


@dataclass(frozen=True)
class _Search:
    """Coordinate descent; ``fixed`` holds the output exponents that absorbed clips rely on."""

    layers: tuple[FloatLayer, ...]
    x: FloatArray
    target: Labels
    weight_bits: int
    fixed: tuple[int | None, ...]

    def run(self, progress: Progress) -> Scales:
        values = float_activations(self.layers, self.x)
        grids = input_grids(self.x)
        scales = self._start(grids[0], values)
        for sweep in range(SWEEPS):
            inputs = (scales, *(replace(scales, input=grid) for grid in grids))
            scales = self._best(inputs, 0, self.x, values[-1])
            reached = self.x
            for i in range(len(self.layers)):
                progress("choosing scales", (sweep + i / len(self.layers)) / SWEEPS)
                tried = self._neighbours(scales, i, values[i + 1])
                scales = self._best(tried, i, reached, values[-1])
                reached = self._forward(scales, i, i + 1, reached)
        return scales

    def _start(self, grid: Grid, values: Sequence[FloatArray]) -> Scales:
        """The finest scales that cut nothing off and are valid."""
        first, weights, outputs = grid, list[int](), list[Grid]()
        _bounded(grid.exponent, self.layers[0])
        for i, layer in enumerate(self.layers):
            exponent = _weight_exponent(layer, self.weight_bits)
            while not round_layer(layer, grid, exponent, None, self.weight_bits).exact_in_float32():
                exponent = _bounded(exponent - 1, layer)
            weights.append(exponent)
            if i < len(self.fixed):
                grid = self._coarsened(i, self._output(i, values[i + 1]), grid.exponent + exponent)
                outputs.append(grid)
        return Scales(first, tuple(weights), tuple(outputs))

    def _output(self, i: int, values: FloatArray) -> Grid:
        """The finest grid that holds all ``values``, or the one that an absorbed clip needs."""
        zero_point, steps = (128, 127) if self.layers[i].linear else (0, UINT8_MAX)
        exponent = self.fixed[i]
        if exponent is None:
            exponent = _exponent_for(float(np.abs(values).max()), steps)
        return Grid(_bounded(exponent, self.layers[i]), zero_point)

    def _coarsened(self, i: int, grid: Grid, accumulator_exponent: int) -> Grid:
        """A grid at least twice as coarse as the accumulators that are rounded to it."""
        if grid.exponent < accumulator_exponent:
            return grid
        if self.fixed[i] is not None:
            raise InputError(
                f"layer {self.layers[i].name!r} can't be quantized",
                why="its Clip is so narrow that a few steps of the accumulator cross it",
                remedy="widen the Clip, or train with smaller weights before it",
            )
        return replace(grid, exponent=_bounded(accumulator_exponent - 1, self.layers[i]))

    def _neighbours(self, scales: Scales, i: int, values: FloatArray) -> Iterator[Scales]:
        """``scales`` first, then those with other exponents for layer ``i``."""
        yield scales
        natural = _weight_exponent(self.layers[i], self.weight_bits)
        weights = (natural, natural - 1, natural + 1)
        if i == len(self.fixed):
            yield from (scales.with_layer(i, weight, None) for weight in weights)
            return
        grid = self._output(i, values)
        steps = (0, 1, 2) if self.fixed[i] is None else (0,)
        for weight, step in product(weights, steps):
            yield scales.with_layer(i, weight, replace(grid, exponent=grid.exponent + step))

    def _best(
        self, candidates: Iterable[Scales], start: int, reached: FloatArray, logits: FloatArray
    ) -> Scales:
        """The first of the best; ``reached`` is what enters layer ``start``."""
        return min(candidates, key=lambda scales: self._score(scales, start, reached, logits))

    def _score(
        self, scales: Scales, start: int, reached: FloatArray, logits: FloatArray
    ) -> tuple[float, ...]:
        """Invalid, misclassified, noisy, accumulator bits a sample, noise: smaller is better."""
        model = round_model(self.layers, scales, self.weight_bits)
        if not all(layer.exact_in_float32() for layer in model):
            return (1.0,)
        if any(layer.shift < 1 for layer in model[:-1]):
            return (1.0,)
        sums = self._forward(scales, start, len(model), reached)
        wrong = np.count_nonzero(sums.argmax(axis=1) != self.target)
        errors = np.ldexp(sums, -model[-1].accumulator_exponent) - logits
        # Six digits: matrix products differ in the last ones from one processor to the next.
        noise = float(f"{np.mean(errors**2) / max(float(logits.var()), 1e-30):.5e}")
        width = sum(layer_bits(layer) * layer.bias.size for layer in model)
        noisy = noise > QUIET
        return (0.0, float(wrong), float(noisy), 0.0 if noisy else float(width), noise)

    def _forward(self, scales: Scales, start: int, stop: int, values: FloatArray) -> FloatArray:
        """Centred integers after layers ``start`` to ``stop``; from real values for start 0."""
        if start == 0:
            values = scales.input.quantize(values)
        for i in range(start, stop):
            layer = round_layer(self.layers[i], *scales.layer(i), self.weight_bits)
            values = layer.forward(values)
        return values
