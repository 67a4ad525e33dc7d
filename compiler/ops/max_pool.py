"""MaxPool: the largest element of each window; padding does not take part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Mask, Op, int_attr
from .geometry import PADDING, Geometry, geometry
from .pooling import elements_read, taps_inside, template_parameters
from .size import Size


def rounds(taps: int) -> int:
    """Rounds of a tournament of ``taps`` elements."""
    return (taps - 1).bit_length()


def comparisons(windows: Geometry) -> int:
    """Pairs that one channel compares: each row's parts of windows once, then the rows."""
    rows, columns = taps_inside(windows)
    across = len({y for row in rows for y in row}) * sum(len(column) - 1 for column in columns)
    return across + windows.output[1] * sum(len(row) - 1 for row in rows)


def difference_bits(node: Node) -> int:
    """Bits of the difference of two elements; no decomposition has fewer than two."""
    return max(int_attr(node, "bits"), 2)


class MaxPool(Op):
    """attrs: a geometry's; bits: two elements of a window differ by less than 2^bits; lo: honest
    elements lie in [lo, lo + 2^bits). x: (C·H·W,), output (C·OH·OW,)."""

    name = "max_pool"
    model_level = True
    passes_on = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        windows = geometry(node)
        if (windows.taps == PADDING).all(axis=1).any():
            raise InputError(
                f"a window of node {node.name!r} holds nothing but padding",
                why="the maximum of no values is no value",
                remedy="use smaller pads or no ceil_mode",
            )
        return TensorType((windows.image[0] * windows.positions,), inputs[0].interval)

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        lowest = int(np.iinfo(np.int64).min)
        largest: IntArray = geometry(node).windows(inputs[0], lowest).max(axis=3)
        return largest.reshape(len(largest), -1)

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        parameters = (samples, *template_parameters(geometry(node)), difference_bits(node))
        return Gadget("nn/max_pool.circom", "MaxPool", parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        windows = geometry(node)
        return samples * windows.image[0] * comparisons(windows) * (difference_bits(node) + 1)

    def strategy(self, node: Node) -> str:
        return f"pairwise maxima of {int_attr(node, 'bits')} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        windows, bits = geometry(node), difference_bits(node)
        one = Size(bits, 5 * bits + 6, 0)
        return one.times(samples * windows.image[0] * comparisons(windows))

    def ties(self, node: Node, graph: Graph, position: int, outputs: Mask) -> Mask | None:
        return elements_read(geometry(node), outputs)

    def forces_through(self, node: Node, position: int, output: Interval) -> Interval:
        """A comparison whose result lies in [L, U] is one of the two and at most 2^bits - 1 above
        the other: both lie in [L - (2^bits - 1), U]. An element is as many comparisons away from
        its window's output as the two tournaments have rounds."""
        rows, columns = taps_inside(geometry(node))
        depth = sum(rounds(max(map(len, axis))) for axis in (rows, columns))
        return Interval(output.lo - depth * ((1 << difference_bits(node)) - 1), output.hi)

    def accepts(self, node: Node, position: int) -> Interval | None:
        lo = int_attr(node, "lo")
        return Interval(lo, lo + (1 << difference_bits(node)) - 1)

    def preimage(self, node: Node, output: Interval) -> Interval:
        return output
