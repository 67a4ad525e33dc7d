"""The kinds of nodes that a float network is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .float_graph import FloatNode
from .ops.geometry import Geometry
from .quantize import FloatArray, Grid, IntArray, Values

CHUNK = 1 << 22
"""Elements of a convolution's windows that are held in memory at a time."""


def windows(x: Values, geometry: Geometry, padding: float = 0.0) -> Values:
    """x: (n, C·H·W) -> (n, C, positions, taps of a channel), with ``padding`` outside the image."""
    channels, height, width = geometry.image
    outside = np.full((len(x), channels, 1), padding, x.dtype)
    flat = np.concatenate([x.reshape(len(x), channels, height * width), outside], axis=2)
    found: Values = flat[:, :, geometry.taps]
    return found


@dataclass(frozen=True, eq=False, kw_only=True)
class Linear(FloatNode):
    """A dense layer on the last axis, or with ``window`` a convolution.

    ``weight``: float64 [K, M], K = input channels of a group · taps in the order (channel, row,
    column), and column m belongs to group m // (M / groups); ``bias``: float64 [M]. The names are
    those of the float model's tensors.
    """

    weight: FloatArray
    bias: FloatArray
    weight_name: str
    bias_name: str
    window: Geometry | None = None
    groups: int = 1

    @property
    def by_channel(self) -> bool:
        """Whether its channels may have scales of their own. Not those of a dense layer: they are
        the task's for every contributor, whose neurons stand in another order than the
        publisher's."""
        return self.window is not None

    @property
    def channels(self) -> int:
        """Output channels M."""
        return int(self.bias.size)

    @property
    def macs(self) -> int:
        """One for every weight and position."""
        return self.size * int(self.weight.shape[0])

    def compute(self, inputs: Sequence[Values]) -> Values:
        """x: (n, size) -> (n, output size), in the type of x."""
        (x,) = inputs
        weight, bias = self.weight.astype(x.dtype), self.bias.astype(x.dtype)
        if self.window is None:
            rows: Values = x.reshape(-1, weight.shape[0]) @ weight + bias
            return rows.reshape(len(x), -1)
        grouped = weight.reshape(len(weight), self.groups, -1).transpose(1, 0, 2)
        step = max(CHUNK // (self.window.positions * weight.shape[0] * self.groups), 1)
        parts = [self._convolved(x[i : i + step], grouped) for i in range(0, len(x), step)]
        sums = np.concatenate(parts).reshape(len(x), self.channels, -1) + bias[:, None]
        return sums.reshape(len(x), -1)

    def _convolved(self, x: Values, weight: Values) -> Values:
        assert self.window is not None
        groups, depth, columns = weight.shape
        n, positions = len(x), self.window.positions
        taps = windows(x, self.window).reshape(
            n, groups, -1, positions, self.window.taps_per_channel
        )
        rows = taps.transpose(1, 0, 3, 2, 4).reshape(groups, n * positions, depth)
        sums: Values = (rows @ weight).reshape(groups, n, positions, columns)
        return sums.transpose(1, 0, 3, 2).reshape(n, -1)

    def signature(self) -> tuple[object, ...]:
        """Kind, sizes and windows."""
        return ("Linear", self.weight.shape, self.size, self.window, self.groups)


@dataclass(frozen=True, eq=False, kw_only=True)
class Sum(FloatNode):
    """Two tensors, broadcast against each other: a + sign · b."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    sign: int = 1

    def compute(self, inputs: Sequence[Values]) -> Values:
        """The sum of both."""
        a, b = _broadcast(inputs, self.shapes)
        total: Values = a + b if self.sign > 0 else a - b
        return total.reshape(len(total), -1)

    def finest(self, grids: Sequence[Grid]) -> int:
        """That of the finer input."""
        return max(grid.exponent for grid in grids)

    def signature(self) -> tuple[object, ...]:
        """Kind, shapes and sign."""
        return ("Sum", self.shapes, self.sign)


@dataclass(frozen=True, eq=False, kw_only=True)
class Product(FloatNode):
    """Two tensors, multiplied element by element after broadcasting."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]

    def compute(self, inputs: Sequence[Values]) -> Values:
        """The product of both."""
        a, b = _broadcast(inputs, self.shapes)
        product: Values = a * b
        return product.reshape(len(product), -1)

    def finest(self, grids: Sequence[Grid]) -> int:
        """That of the product of both units."""
        return sum(grid.exponent for grid in grids)

    def signature(self) -> tuple[object, ...]:
        """Kind and shapes."""
        return ("Product", self.shapes)


def _broadcast(inputs: Sequence[Values], shapes: Sequence[tuple[int, ...]]) -> list[Values]:
    """Each input as (n, *its sample's shape), with ones in front up to the same rank."""
    rank = max(map(len, shapes))
    return [
        x.reshape(len(x), *(1,) * (rank - len(shape)), *shape)
        for x, shape in zip(inputs, shapes, strict=True)
    ]


@dataclass(frozen=True, eq=False, kw_only=True)
class AveragePool(FloatNode):
    """The mean of every window; ``padded``: whether padding counts as zeros."""

    window: Geometry
    padded: bool

    @property
    def divisors(self) -> IntArray:
        """What each position's sum is divided by: int64 [positions]."""
        taps = self.window.taps
        if self.padded:
            return np.full(len(taps), taps.shape[1], np.int64)
        return np.asarray((taps >= 0).sum(axis=1), np.int64)

    def compute(self, inputs: Sequence[Values]) -> Values:
        """One division a window, as exact as the type is."""
        sums = windows(inputs[0], self.window).sum(axis=3)
        means: Values = sums / self.divisors.astype(sums.dtype)
        return means.reshape(len(means), -1)

    def finest(self, grids: Sequence[Grid]) -> int:
        """The unit of a sum over a power-of-two share of the divisor."""
        return grids[0].exponent + self.halvings

    @property
    def halvings(self) -> int:
        """How often 2 divides some divisor."""
        return max(int(d & -d).bit_length() - 1 for d in self.divisors.tolist())

    @property
    def exact(self) -> bool:
        """Whether every division is by a power of two, so that all kernels round alike."""
        return all(d & (d - 1) == 0 for d in self.divisors.tolist())

    def signature(self) -> tuple[object, ...]:
        """Kind and windows."""
        return ("AveragePool", self.window, self.padded)


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxPool(FloatNode):
    """The maximum of every window, padding excluded."""

    window: Geometry
    keeps_grid = True

    def compute(self, inputs: Sequence[Values]) -> Values:
        """x: (n, C·H·W) -> (n, C·OH·OW)."""
        x = inputs[0]
        channels, height, width = self.window.image
        least = np.full((len(x), channels, 1), -math.inf, x.dtype)
        flat = np.concatenate([x.reshape(len(x), channels, height * width), least], axis=2)
        best: Values = flat[:, :, self.window.taps[:, 0]]
        for tap in self.window.taps.T[1:]:
            best = np.maximum(best, flat[:, :, tap])
        return best.reshape(len(x), -1)

    def signature(self) -> tuple[object, ...]:
        """Kind and windows."""
        return ("MaxPool", self.window)


@dataclass(frozen=True, eq=False, kw_only=True)
class Movement(FloatNode):
    """Elements of the concatenated inputs, ``total`` in all, by ``index``: int64 [size], -1 for
    zero."""

    index: IntArray
    total: int
    keeps_grid = True

    def compute(self, inputs: Sequence[Values]) -> Values:
        """Indexing."""
        joined = inputs[0] if len(inputs) == 1 else np.concatenate(inputs, axis=1)
        if self.pads:
            joined = np.concatenate([joined, np.zeros((len(joined), 1), joined.dtype)], axis=1)
        return joined if self.identity else joined[:, self.index]

    @property
    def pads(self) -> bool:
        """Whether it puts in zeros."""
        return bool((self.index < 0).any())

    @property
    def identity(self) -> bool:
        """Whether only the shape changes."""
        single = len(self.inputs) == 1
        return single and np.array_equal(self.index, np.arange(self.total))

    def signature(self) -> tuple[object, ...]:
        """Kind and indices."""
        return ("Movement", self.index.tobytes())


@dataclass(frozen=True, eq=False, kw_only=True)
class Unary(FloatNode):
    """A function of each element; a subclass knows which."""

    @property
    def saturates(self) -> bool:
        """No: its table is all there is."""
        return False

    def table(self, source: Grid, output: Grid) -> Values:
        """The real value on grid ``output`` of each of the 256 quantized inputs, in their order."""
        raise NotImplementedError(f"{type(self).__name__} has no table")

    def quantized(self, inputs: Sequence[Values], grids: Sequence[Grid], output: Grid) -> Values:
        """By table, so that it is what the int8 model computes whatever its kernels round."""
        (x,), (grid,) = inputs, grids
        position = np.rint(np.ldexp(x, grid.exponent)).astype(np.int64) + grid.zero_point
        return self.table(grid, output).astype(x.dtype)[position]
