"""Conv between private tensors: one product for several outputs at several places (design 3.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..ir import Graph, Node
from .base import Gadget, IntArray, int_attr
from .conv import Conv, Layer, bias_input, layer
from .geometry import PADDING
from .size import Size

SHARED = 8
"""Equations that a component holds at least: fewer, and passing the weights to it is the work."""


@dataclass(frozen=True)
class _Counts:
    """``live``: (row groups, taps of a channel) array, the rows whose tap is no padding."""

    layer: Layer
    blocks: tuple[int, ...]
    live: IntArray
    heights: IntArray

    @property
    def channels(self) -> int:
        return self.layer.shape.image[0] // self.layer.groups

    @property
    def products(self) -> IntArray:
        """Of one block: products of each row group."""
        found: IntArray = (self.live > 0).sum(1) * self.channels
        return found

    @property
    def packings(self) -> int:
        """Of one block that has more than one output: the P that are signals."""
        if len(self.heights) == 1:
            return 0
        return int((self.live > 0).any(0).sum()) * self.channels

    @property
    def terms(self) -> int:
        """Products with signals of their own."""
        return len(self.blocks) * int(np.maximum(self.products - 1, 0).sum())

    @property
    def packed(self) -> list[int]:
        """The blocks of more than one output."""
        return [size for size in self.blocks if size > 1]


def _counts(node: Node, graph: Graph, samples: int) -> _Counts:
    one, rows = layer(node, graph), int_attr(node, "rows")
    inside = np.tile(one.shape.taps != PADDING, (samples, 1))
    starts = np.arange(0, len(inside), rows)
    live = np.add.reduceat(inside.astype(np.int64), starts)
    heights = np.minimum(len(inside) - starts, rows)
    return _Counts(one, tuple(one.blocks(int_attr(node, "slots"))), live, heights)


class ConvPacked(Conv):
    """attrs slots, rows, stride: an equation holds ``slots`` outputs of each of ``rows`` rows
    (sample, position), ``stride`` bits apart."""

    name = "conv_packed"
    model_level = False

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        one = layer(node, graph)
        layout = tuple(int_attr(node, name) for name in ("slots", "rows", "stride"))
        low = node.output.type.interval.lo
        step = _shared_samples(one.shape.positions, int_attr(node, "rows"), samples)
        return Gadget(
            "nn/conv_packed.circom",
            "ConvPacked",
            (samples, *one.window, one.groups, one.width, one.biased, *layout, low, step),
            (node.inputs[0], node.inputs[1], bias_input(node, one.width)),
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        found = _counts(node, graph, samples)
        total = len(found.blocks) * int(found.products.sum()) + found.packings * len(found.packed)
        # Where all is padding, the equation is linear; of one output, it is no equation but a name.
        for height in found.heights[found.products == 0].tolist():
            total += sum(size * height > 1 for size in found.blocks)
        return total

    def strategy(self, node: Node) -> str:
        layout = f"{int_attr(node, 'slots')} outputs x {int_attr(node, 'rows')} rows"
        return f"packed, {layout} of {int_attr(node, 'stride')} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        found = _counts(node, graph, samples)
        outputs = samples * node.output.type.size
        blocks, products = len(found.blocks), int(found.products.sum())
        factors = blocks * found.channels * int(found.live.sum())
        inline = len(found.heights) == 1
        factors += sum(size if inline else 1 for size in found.blocks) * products
        packings = sum(size + 1 for size in found.packed) * found.packings
        biases = found.layer.biased * found.layer.width * len(found.heights)
        return Size(
            found.terms + outputs + found.packings * len(found.packed),
            factors,
            2 * found.terms + outputs + biases + packings,
        )

    def large_wires(self, node: Node, graph: Graph, samples: int) -> int:
        found = _counts(node, graph, samples)
        return found.terms + found.packings * len(found.packed)


def _shared_samples(positions: int, rows: int, samples: int) -> int:
    """Samples of a component: whole row groups, and `SHARED` of them at least."""
    period = rows // math.gcd(rows, positions)
    whole = period * -(-SHARED * rows // (period * positions))
    return min(whole, samples)
