"""Conv: every linear layer, as weights that slide over an image; dense is the 1 x 1 case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..ir import Graph, Interval, Node, TensorType
from .base import IntArray, Op, Special, int_attr, zeros
from .geometry import PADDING, Geometry, geometry

EXACT = 1 << 53
"""Integers below this are float64 numbers, so sums of them are exact in any order."""

BATCH = 1 << 22
"""Most window elements that are spread out at a time."""


class Conv(Op):
    """inputs x: (C·H·W,), weight: (K, M), bias: (1, M) or absent; output (M·OH·OW,), by channel.

    K = (C/groups)·kh·kw taps in the order (c, ky, kx); column m reads the channels of group
    m // (M/groups). attrs: the geometry's, and groups. Padding counts 0.
    """

    name = "conv"
    model_level = True
    output_determined = False
    accumulates = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        shape, (depth, width) = geometry(node), inputs[1].shape
        x, weight = inputs[0].interval, inputs[1].interval
        products = [a * b for a in (x.lo, x.hi) for b in (weight.lo, weight.hi)]
        padding = shape.taps == PADDING
        if padding.all():
            raise InputError(
                f"node {node.name!r} (conv) reads nothing but padding",
                why="every window of its attributes pads and kernel lies outside the image",
                remedy="replace it by its bias",
            )
        if padding.any():
            products.append(0)
        bias = inputs[2].interval if len(inputs) == 3 else Interval(0, 0)
        low, high = depth * min(products) + bias.lo, depth * max(products) + bias.hi
        return TensorType((width * shape.positions,), Interval(low, high))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        shape, groups = geometry(node), int_attr(node, "groups")
        x, weight = inputs[0], inputs[1]
        spread = shape.image[0] * shape.positions * shape.taps_per_channel
        step = max(BATCH // spread, 1)
        parts = [
            _sums(shape, groups, x[start : start + step], weight)
            for start in range(0, max(len(x), 1), step)
        ]
        out = np.concatenate(parts)
        if len(inputs) == 3:
            out = out + inputs[2].reshape(1, -1, 1)
        return out.reshape(len(x), -1)


def _sums(shape: Geometry, groups: int, x: IntArray, weight: IntArray) -> IntArray:
    """(n, M, positions) accumulators without bias."""
    samples, depth, width = len(x), *weight.shape
    windows = shape.windows(x).reshape(samples, groups, -1, shape.positions, shape.taps_per_channel)
    rows = windows.transpose(1, 0, 3, 2, 4).reshape(groups, -1, depth)
    columns = weight.reshape(depth, groups, -1).transpose(1, 0, 2)
    found = exact_product(rows, columns).reshape(groups, samples, shape.positions, -1)
    return found.transpose(1, 0, 3, 2).reshape(samples, width, shape.positions)


def exact_product(a: IntArray, b: IntArray) -> IntArray:
    """a @ b over the integers; in float64, many times faster, where no partial sum can round."""
    largest = np.abs(a).max(initial=0) * np.abs(b).sum(-2).max(initial=0)
    if largest >= EXACT:
        return a @ b
    product: IntArray = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
    return product


@dataclass(frozen=True)
class Layer:
    """The dimensions of a node that is a linear layer: K = ``depth``, M = ``width``; ``biased`` is
    1 if there is a bias."""

    shape: Geometry
    groups: int
    depth: int
    width: int
    biased: int

    def blocks(self, slots: int) -> list[int]:
        """How many outputs each packed block holds; no block crosses a group."""
        width = self.width // self.groups
        return [min(slots, width - start) for start in range(0, width, slots)] * self.groups

    @property
    def window(self) -> tuple[int, ...]:
        """The geometry, as templates take it after the number of samples."""
        s = self.shape
        return (*s.image, *s.kernel, *s.strides, *s.dilations, *s.pads, *s.output)


def layer(node: Node, graph: Graph) -> Layer:
    """The dimensions of ``node``."""
    depth, width = graph.value(node.inputs[1]).type.shape
    return Layer(geometry(node), int_attr(node, "groups"), depth, width, int(len(node.inputs) == 3))


def bias_input(node: Node, width: int) -> str | Special:
    """The bias, or constant zeros where there is none."""
    return node.inputs[2] if len(node.inputs) == 3 else zeros(width)
