"""Chooses every scale: those that come closest to the float logits, then narrower accumulators.

Coordinate descent over a few neighbouring scales per node, each tried in exact integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from .clips import absorb_clips, clip_exponents
from .float_graph import FloatGraph, FloatNode
from .float_nodes import AveragePool, Linear
from .grids import channel_exponents, data_grids, layer_exponent, output_grid, start
from .integer_graph import IntegerGraph, Scales, logits
from .narrow import narrow
from .quantize import Exponents, Grid, Values
from .trial import Candidate, Labels, Trial

Progress = Callable[[str, float], None]

SEARCH_SAMPLES = 1000
SEARCH_MACS = 2e8
FEWEST_SAMPLES = 128
SWEEPS = 2


def calibrate(
    graph: FloatGraph,
    x: Values,
    target: Labels,
    weight_bits: int,
    progress: Progress | None = None,
) -> IntegerGraph:
    """The graph with its clips absorbed, rounded to the scales that serve best; deterministic.

    ``x``: real inputs [n, size]; ``target``: the class that each of them should get [n].
    Raises InputError where no scales exist, naming the layer.
    """
    fixed = clip_exponents(graph)
    absorbed = absorb_clips(graph, fixed)
    affordable = max(int(SEARCH_MACS / max(graph.macs, 1)), FEWEST_SAMPLES)
    wanted = min(SEARCH_SAMPLES, affordable, len(x))
    chosen = np.arange(wanted) * len(x) // wanted
    search = _Search(absorbed, x[chosen], target[chosen], weight_bits, fixed)
    return search.run(progress or (lambda _stage, _done: None))


@dataclass(frozen=True)
class _Search:
    """Coordinate descent; ``fixed`` holds, by group, the exponents that absorbed clips rely on."""

    graph: FloatGraph
    x: Values
    target: Labels
    weight_bits: int
    fixed: Mapping[str, int]

    def run(self, progress: Progress) -> IntegerGraph:
        values = self.graph.run(self.x)
        trial = Trial(self.x, self.target, values[self.graph.output])
        best = trial.first(start(self.graph, values, self.weight_bits, self.fixed))
        source = self.graph.groups[self.graph.input]
        for sweep in range(SWEEPS):
            grids = data_grids(self.graph, values)
            best = _best(trial, best, (best.model.scales.with_grid(source, g) for g in grids))
            for i, node in enumerate(self.graph.nodes):
                done = (sweep + i / len(self.graph.nodes)) / SWEEPS
                progress("choosing scales", done)
                best = _best(trial, best, self._neighbours(best.model, node, values))
        return narrow(trial, best, lambda share: progress("narrowing accumulators", share)).model

    def _neighbours(
        self, model: IntegerGraph, node: FloatNode, values: Mapping[str, Values]
    ) -> Iterator[Scales]:
        """The model's scales with others for the output of ``node``."""
        if node.keeps_grid:
            return
        group = self.graph.groups[node.output]
        grids = list(self._grids(model, node, group, values))
        if not isinstance(node, Linear):
            yield from (model.scales.with_grid(group, grid) for grid in grids)
            return
        for weights, grid in product(self._weights(node), grids):
            yield model.scales.with_weights(node.output, weights).with_grid(group, grid)

    def _grids(
        self, model: IntegerGraph, node: FloatNode, group: str, values: Mapping[str, Values]
    ) -> Iterator[Grid | None]:
        before = model.scales.grids.get(group)
        if before is None or group == self.graph.groups[self.graph.input]:
            yield None
            return
        grid = output_grid(self.graph, values, group, self.fixed.get(group))
        for step in (0, 1, 2) if group not in self.fixed else (0,):
            yield replace(grid, exponent=grid.exponent + step)
        if isinstance(node, AveragePool) and not node.exact:
            source = model.quantized(node.inputs[0])
            yield replace(grid, exponent=source.exponent + node.halvings)

    def _weights(self, node: Linear) -> Iterator[Exponents]:
        natural = layer_exponent(node, self.weight_bits)
        yield from ((natural,), (natural - 1,), (natural + 1,))
        if node.by_channel and node is not logits(self.graph):
            each = channel_exponents(node, self.weight_bits)
            yield from (each, tuple(e - 1 for e in each))


def _best(trial: Trial, best: Candidate, others: Iterable[Scales]) -> Candidate:
    """The first of the best of ``best`` and ``others``."""
    for scales in others:
        found = trial.after(best, best.model.derive(scales))
        if found is not None and found.rank < best.rank:
            best = found
    return best
