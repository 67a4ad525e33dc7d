"""Requantize by a power of two: clip(acc / 2^shift rounded half to even, lo, hi)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, int_attr, ints_attr
from .requantize import per_element
from .size import NOTHING, Size, total


def window_width(lo: int, hi: int) -> int:
    """Bits of the clipped result."""
    return max((hi - lo).bit_length(), 1)


def window(lo: int, shift: int, bits: int) -> Interval:
    """The accumulators that the template's ``bits``-bit decomposition admits."""
    half = (1 << (shift - 1)) - lo % 2 if shift else 0
    start = lo * (1 << shift) - half - (1 << (bits - 1))
    return Interval(start, start + (1 << bits) - 1)


def fewest_bits(lo: int, hi: int, shift: int, worst: Interval) -> int:
    """The smallest decomposition that admits ``worst``; at least shift + width + 1."""
    bits = shift + window_width(lo, hi) + 1
    while worst not in window(lo, shift, bits):
        bits += 1
    return bits


def clipping(node: Node) -> tuple[int, Size]:
    """The window's width, and what clipping below a power of two adds."""
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    width = window_width(lo, hi)
    if hi - lo == (1 << width) - 1:
        return width, NOTHING
    # Shifted by 0, the clipped value is the result's own signal and needs no equation.
    return width, Size(width + 2, 6 * width + 8, 4) if lo else Size(width + 1, 6 * width + 8, 1)


def clipping_constraints(node: Node) -> int:
    """What clipping below a power of two costs an element."""
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    width = window_width(lo, hi)
    return 0 if hi - lo == (1 << width) - 1 else width + 2 + (lo != 0)


def tightest(node: Node, shift: int) -> int:
    """Bits with which nothing lies between the clipped window and the sign."""
    return shift + window_width(int_attr(node, "lo"), int_attr(node, "hi")) + 1


def without_strays(node: Node, bits: int, more: int) -> Size:
    """What is saved, as a negative size, where nothing lies between window and sign."""
    return Size(-2, -(bits + more), -(bits + 4 - (int_attr(node, "lo") != 0)))


class RequantizeShift(Op):
    """attrs shift: one a channel or one for all; lo, hi; bits."""

    name = "requantize_shift"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        shift = per_element(ints_attr(node, "shift"), inputs[0].shape[-1])
        unit = np.left_shift(np.int64(1), shift)
        quotient, remainder = np.divmod(inputs[0], unit)
        twice = 2 * remainder
        up = (twice > unit) | ((twice == unit) & (quotient % 2 == 1))
        rounded: IntArray = np.clip(quotient + up, int_attr(node, "lo"), int_attr(node, "hi"))
        return rounded

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        shift = ints_attr(node, "shift")
        lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
        size = node.output.type.size
        shape = (samples, size, int_attr(node, "bits"), len(shift), shift)
        clip = (lo, lo % 2, window_width(lo, hi), hi - lo)
        return Gadget("nn/requantize_shift.circom", "RequantizeShift", shape + clip, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        bits, shift, size = int_attr(node, "bits"), ints_attr(node, "shift"), node.output.type.size
        one = bits + 1 + clipping_constraints(node)
        # An is-zero for ties, and one for bits above the window, where either can be.
        zeros = sum(2 * (s > 0) + 2 * (bits > tightest(node, s)) for s in shift)
        return samples * (size * one + zeros * (size // len(shift)))

    def strategy(self, node: Node) -> str:
        shifts = ints_attr(node, "shift")
        by = f"{min(shifts)} to {max(shifts)}" if min(shifts) < max(shifts) else str(shifts[0])
        return f"rounded shift by {by} of {int_attr(node, 'bits')} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        bits, shifts = int_attr(node, "bits"), ints_attr(node, "shift")
        width, clip = clipping(node)
        one = clip.times(len(shifts)) + total(
            Size(bits + 4, 7 * bits + 2 * s + width + 11, bits + 7)
            if s
            else Size(bits + 2, 7 * bits + width + 1, bits + 5)
            for s in shifts
        )
        tight = [s for s in shifts if bits == tightest(node, s)]
        one += total(without_strays(node, bits, 4 if s else 2) for s in tight)
        return one.times(samples * node.output.type.size // len(shifts))

    def enforces(self, node: Node, position: int) -> Interval | None:
        lo, bits = int_attr(node, "lo"), int_attr(node, "bits")
        windows = [window(lo, s, bits) for s in set(ints_attr(node, "shift"))]
        return Interval(min(w.lo for w in windows), max(w.hi for w in windows))

    def accepts(self, node: Node, position: int) -> Interval | None:
        lo, bits = int_attr(node, "lo"), int_attr(node, "bits")
        windows = [window(lo, s, bits) for s in set(ints_attr(node, "shift"))]
        return Interval(max(w.lo for w in windows), min(w.hi for w in windows))
