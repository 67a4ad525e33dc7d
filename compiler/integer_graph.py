"""A float graph rounded to given scales, and what it computes, exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from .float_graph import FloatGraph, FloatNode
from .float_nodes import Linear, Movement
from .quantize import Exponents, Grid, IntArray, IntegerLayer, Values, round_layer


@dataclass(frozen=True)
class Scales:
    """The choice for a whole model.

    ``grids``: by group (see `FloatGraph.groups`); ``weights``: by the linear layers' outputs.
    """

    grids: Mapping[str, Grid]
    weights: Mapping[str, Exponents]

    def with_grid(self, group: str, grid: Grid | None) -> Scales:
        """These scales with another grid; as they are for None."""
        return self if grid is None else replace(self, grids={**self.grids, group: grid})

    def with_weights(self, output: str, exponents: Exponents) -> Scales:
        """These scales with other exponents for one layer's weights."""
        return replace(self, weights={**self.weights, output: exponents})


def logits(graph: FloatGraph) -> Linear | None:
    """The layer whose accumulators the graph puts out, moved at most; None if it is no such."""
    group = graph.groups[graph.output]
    members = graph.members[group]
    producers = [node for node in members if not node.keeps_grid]
    for node in members:
        if any(reader not in members for reader in graph.readers.get(node.output, ())):
            return None
        if node.keeps_grid and not (isinstance(node, Movement) and not node.pads):
            return None
    if group == graph.groups[graph.input] or len(producers) != 1:
        return None
    return producers[0] if isinstance(producers[0], Linear) else None


@dataclass(frozen=True)
class IntegerGraph:
    """``graph`` with weights of ``weight_bits`` bits on ``scales``."""

    graph: FloatGraph
    scales: Scales
    weight_bits: int
    _rounded: dict[str, IntegerLayer] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def linears(self) -> tuple[Linear, ...]:
        """The layers with weights, in order."""
        return tuple(node for node in self.graph.nodes if isinstance(node, Linear))

    @property
    def layers(self) -> tuple[IntegerLayer, ...]:
        """The same, rounded."""
        return tuple(map(self.layer, self.linears))

    def grid(self, tensor: str) -> Grid | None:
        """The grid of a tensor; None for float logits."""
        return self.scales.grids.get(self.graph.groups[tensor])

    def quantized(self, tensor: str) -> Grid:
        """The grid of a tensor that has one."""
        return self.scales.grids[self.graph.groups[tensor]]

    def layer(self, node: Linear) -> IntegerLayer:
        """One layer, rounded."""
        if node.output not in self._rounded:
            self._rounded[node.output] = round_layer(
                node.weight,
                node.bias,
                self.quantized(node.inputs[0]),
                self.scales.weights[node.output],
                self.grid(node.output),
                self.weight_bits,
            )
        return self._rounded[node.output]

    def derive(self, scales: Scales) -> IntegerGraph:
        """The same graph on other scales; layers that they don't touch aren't rounded again."""
        other = IntegerGraph(self.graph, scales, self.weight_bits)
        for output, layer in self._rounded.items():
            grids = (other.quantized(self.graph.producers[output].inputs[0]), other.grid(output))
            kept = (layer.input, layer.output) == grids
            if kept and layer.weight_exponents == scales.weights[output]:
                other._rounded[output] = layer
        return other

    def changed(self, other: IntegerGraph) -> set[str]:
        """The tensors that may differ between this model and another of the same graph."""
        grids, weights = other.scales.grids, other.scales.weights
        found = {
            name
            for name, group in self.graph.groups.items()
            if self.scales.grids.get(group) != grids.get(group)
        }
        found |= {name for name, e in self.scales.weights.items() if e != weights[name]}
        return self.downstream(found)

    def run(self, x: Values) -> dict[str, Values]:
        """Every tensor, as the real numbers that its integers stand for; exact in float32."""
        return self.rerun({}, x)

    def rerun(self, known: Mapping[str, Values], x: Values | None = None) -> dict[str, Values]:
        """What `run` gives, without computing what is ``known``."""
        graph, values = self.graph, dict(known)
        if x is not None:
            values[graph.input] = self.quantized(graph.input).snapped(x)
        for node in graph.nodes:
            if node.output not in values:
                values[node.output] = self._forward(node, values)
        return values

    def _forward(self, node: FloatNode, values: Mapping[str, Values]) -> Values:
        inputs = [values[name] for name in node.inputs]
        grid = self.grid(node.output)
        if isinstance(node, Linear):
            layer = self.layer(node)
            node = replace(node, weight=layer.real_weight, bias=layer.real_bias)
        if grid is None:
            return node.compute(inputs)
        return node.quantized(inputs, [self.quantized(name) for name in node.inputs], grid)

    def downstream(self, changed: Collection[str]) -> set[str]:
        """The tensors ``changed`` and all that depend on them."""
        found = set(changed)
        for node in self.graph.nodes:
            if not found.isdisjoint(node.inputs):
                found.add(node.output)
        return found

    @property
    def output_exponent(self) -> int:
        """The model's outputs are multiples of 2^-this."""
        last = logits(self.graph)
        if last is None:
            return self.quantized(self.graph.output).exponent
        return max(self.layer(last).accumulator_exponents)


def integer_logits(model: IntegerGraph, x: Values) -> IntArray:
    """The outputs [n, classes] for real inputs [n, size], in units of 2^-output_exponent."""
    step = max((1 << 24) // max(sum(node.size for node in model.graph.nodes), 1), 1)
    parts = [
        model.run(x[i : i + step].astype(np.float32))[model.graph.output]
        for i in range(0, len(x), step)
    ]
    units = np.ldexp(np.concatenate(parts).astype(np.float64), model.output_exponent)
    return units.astype(np.int64)
