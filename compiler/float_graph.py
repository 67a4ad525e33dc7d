"""A float network as a graph: what `zkpot quantize` reads, rewrites and rounds.

Activations are arrays [samples, size], every sample flat in ONNX's row-major order, so that moving
data is indexing and the shape of one sample is a fact about a node, not about the array.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from .quantize import Grid, Values


@dataclass(frozen=True, eq=False)
class FloatNode:
    """clip(compute(inputs), lo, hi); Relu is lo = 0, and infinite bounds bound nothing.

    ``shape``: of one sample of ``output``.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    shape: tuple[int, ...]
    lo: float = -math.inf
    hi: float = math.inf

    keeps_grid: ClassVar[bool] = False
    """Whether inputs and output must share one scale and zero point: nothing is computed."""

    @property
    def size(self) -> int:
        """Elements of one sample."""
        return math.prod(self.shape)

    @property
    def linear(self) -> bool:
        """Whether nothing bounds the output."""
        return math.isinf(self.lo) and math.isinf(self.hi)

    @property
    def saturates(self) -> bool:
        """Whether rounding its output to a grid can clip it on the way."""
        return not self.keeps_grid

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample."""
        return 0

    def compute(self, inputs: Sequence[Values]) -> Values:
        """The output without its bounds."""
        raise NotImplementedError(f"{type(self).__name__} computes nothing")

    def forward(self, inputs: Sequence[Values]) -> Values:
        """The output in floats."""
        return self.compute(inputs) if self.linear else self._clipped(self.compute(inputs))

    def _clipped(self, values: Values) -> Values:
        return np.clip(values, self.lo, self.hi)

    def quantized(self, inputs: Sequence[Values], grids: Sequence[Grid], output: Grid) -> Values:
        """The output on grid ``output``, from inputs on ``grids``.

        Exact: all values are multiples of powers of two, below 2^24 of their units.
        """
        if self.keeps_grid:
            return self.compute(inputs)
        return output.snapped(self.compute(inputs), self.lo, self.hi)

    def finest(self, grids: Sequence[Grid]) -> int | None:
        """The exponent of the unit that the output is a multiple of before it is rounded, or None
        where its scale may be anything."""
        return None

    def signature(self) -> tuple[object, ...]:
        """What two models have to have in common here, weights and names apart."""
        return (type(self).__name__, self.shape)


@dataclass(frozen=True)
class FloatGraph:
    """Nodes in an order in which they can run. ``shape``: of one sample of ``input``."""

    input: str
    shape: tuple[int, ...]
    nodes: tuple[FloatNode, ...]
    output: str

    @cached_property
    def producers(self) -> Mapping[str, FloatNode]:
        """The node that puts out each tensor but the input."""
        return {node.output: node for node in self.nodes}

    @cached_property
    def readers(self) -> Mapping[str, tuple[FloatNode, ...]]:
        """The nodes that read each tensor."""
        found: dict[str, list[FloatNode]] = defaultdict(list)
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found[name].append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """For each tensor the first of those that share its scale: see ``keeps_grid``."""
        parents = {self.input: self.input}

        def root(name: str) -> str:
            while parents[name] != name:
                name = parents[name]
            return name

        order = {self.input: -1, **{node.output: i for i, node in enumerate(self.nodes)}}
        for node in self.nodes:
            parents[node.output] = node.output
            for name in node.inputs if node.keeps_grid else ():
                first, second = sorted((root(name), root(node.output)), key=order.__getitem__)
                parents[second] = first
        return {name: root(name) for name in parents}

    @cached_property
    def members(self) -> Mapping[str, tuple[FloatNode, ...]]:
        """The nodes whose output is in each group."""
        found: dict[str, list[FloatNode]] = {group: [] for group in self.groups.values()}
        for node in self.nodes:
            found[self.groups[node.output]].append(node)
        return {group: tuple(nodes) for group, nodes in found.items()}

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample."""
        return sum(node.macs for node in self.nodes)

    def with_nodes(self, nodes: Iterable[FloatNode]) -> FloatGraph:
        """This graph with other nodes in the place of those of the same output."""
        changed = {node.output: node for node in nodes}
        return replace(self, nodes=tuple(changed.get(n.output, n) for n in self.nodes))

    def run(self, x: Values) -> dict[str, Values]:
        """Every tensor's values, in floats."""
        values = {self.input: x}
        for node in self.nodes:
            values[node.output] = node.forward([values[name] for name in node.inputs])
        return values
