"""Requantize by a line: clip(floor((num·acc + offset) / 2^shift), 0, hi - lo) + lo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, Parameter, int_attr, ints_attr
from .requantize import per_element
from .requantize_shift import (
    clipping,
    clipping_constraints,
    tightest,
    window_width,
    without_strays,
)
from .size import Size, bits_size, total


def wide_bits(num: int, offset: int, shift: int, width: int, admitted: Interval) -> int:
    """The fewest bits, signed, that hold num·acc + offset for every admitted accumulator."""
    ends = (num * admitted.lo + offset, num * admitted.hi + offset)
    needed = max((e if e >= 0 else -e - 1).bit_length() for e in ends) + 1
    return max(needed, shift + width + 1)


class RequantizeLine(Op):
    """attrs num, offset, shift, wide: one a channel or one for all; lo, hi; low, bits: the
    accumulators' own range check, [low, low + 2^bits)."""

    name = "requantize_line"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        size = inputs[0].shape[-1]
        num, offset, shift = (
            per_element(ints_attr(node, key), size) for key in ("num", "offset", "shift")
        )
        lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
        line = np.right_shift(num * inputs[0] + offset, shift)
        out: IntArray = np.clip(line, 0, hi - lo) + lo
        return out

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        num, lo, hi = ints_attr(node, "num"), int_attr(node, "lo"), int_attr(node, "hi")
        lines = tuple(ints_attr(node, key) for key in ("num", "offset", "shift", "wide"))
        shape = (samples, node.output.type.size, int_attr(node, "bits"), int_attr(node, "low"))
        clip = (lo, window_width(lo, hi), hi - lo)
        parameters: tuple[Parameter, ...] = (*shape, len(num), *lines, *clip)
        return Gadget("nn/requantize_line.circom", "RequantizeLine", parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        one = int_attr(node, "bits") + 2 + clipping_constraints(node)
        num, wide, size = ints_attr(node, "num"), ints_attr(node, "wide"), node.output.type.size
        # 1·in is in's own signal and needs no equation.
        lines = sum(w - (factor == 1) for factor, w in zip(num, wide, strict=True))
        shifts = ints_attr(node, "shift")
        strays = sum(2 * (w > tightest(node, s)) for s, w in zip(shifts, wide, strict=True))
        return samples * (size * one + (lines + strays) * (size // len(wide)))

    def strategy(self, node: Node) -> str:
        return f"line of {max(ints_attr(node, 'wide'))} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        wide, (width, clip) = ints_attr(node, "wide"), clipping(node)
        checked = (bits_size(int_attr(node, "bits")) + clip).times(len(wide))
        one = checked + total(Size(w + 2, 7 * w + width + 1, w + 5) for w in wide)
        pairs = zip(ints_attr(node, "shift"), wide, strict=True)
        # num·in is a wire of its own, and a linear equation, unless it is in.
        one += Size(1, 3, 2).times(sum(factor != 1 for factor in ints_attr(node, "num")))
        one += total(without_strays(node, w, 2) for s, w in pairs if w == tightest(node, s))
        return one.times(samples * node.output.type.size // len(wide))

    def enforces(self, node: Node, position: int) -> Interval | None:
        low = int_attr(node, "low")
        return Interval(low, low + (1 << int_attr(node, "bits")) - 1)
