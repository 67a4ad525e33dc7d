"""Requirement: every float requantization. Ensures: an integer form with equal outputs, exactly.

Both the float function and the integer forms are monotone steps in the accumulator, so they are
equal when their (at most 255) thresholds are; a power of two is used only if that comparison holds.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from .. import ops
from ..errors import InputError
from ..ir import Attribute, Graph, Interval, Node, Quantization
from ..ops.base import IntArray, float_attr, int_attr
from ..ops.requantize import float_steps, per_element
from ..ops.requantize_line import wide_bits
from ..ops.requantize_shift import fewest_bits, window_width
from ..ops.requantize_table import STEPS
from ..program import Program
from .lines import Line, line_through

MOST_WIDE = 62


def thresholds(node: Node, channels: int, span: Interval) -> IntArray:
    """(channels, hi - lo) array: the least acc in ``span`` with float output above lo + q, or
    span.hi + 1 where there is none. Bisection, all thresholds at once."""
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    target = np.broadcast_to(np.arange(lo + 1, hi + 1), (channels, hi - lo))
    below = np.full(target.shape, span.lo - 1, np.int64)
    at = np.full(target.shape, span.hi + 1, np.int64)
    while (at - below > 1).any():
        middle = (at + below) // 2
        reached = target <= float_steps(node, middle.T).T
        at, below = np.where(reached, middle, at), np.where(reached, below, middle)
    return at


def _vectors(node: Node) -> tuple[np.ndarray, np.ndarray]:
    """A requantization's scales and counts."""
    raw = (node.attrs["scale"], node.attrs.get("count", 1))
    scale, count = (np.atleast_1d(np.array(v, np.float64)) for v in raw)
    return scale, count


def channels_of(node: Node) -> int:
    """In how many blocks of a sample a requantization differs."""
    return max(map(len, _vectors(node)))


def power_of_two_shifts(node: Node) -> list[int] | None:
    """The shift of each scale, or None if a ratio is no 2^-s with s >= 0."""
    scale, count = (per_element(v, channels_of(node)) for v in _vectors(node))
    mantissa, exponent = np.frexp(scale / (count * np.float64(float_attr(node, "divisor"))))
    if (mantissa != 0.5).any() or (exponent > 1).any():
        return None
    return [int(1 - e) for e in exponent]


def _by_shift(node: Node, channels: int, honest: Interval) -> Node | None:
    shifts = power_of_two_shifts(node)
    if shifts is None:
        return None
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    bits = max(fewest_bits(lo, hi, s, honest) for s in shifts)
    if bits > 62:
        return None
    attrs: dict[str, Attribute] = {"shift": tuple(shifts), "lo": lo, "hi": hi, "bits": bits}
    lowered = Node("requantize_shift", node.name, node.inputs, node.output, attrs)
    admitted = ops.of(lowered).accepts(lowered, 0)
    assert admitted is not None
    expected = thresholds(node, channels, admitted)
    return lowered if _agrees(lowered, expected, admitted) else None


def _agrees(lowered: Node, expected: IntArray, span: Interval) -> bool:
    """Equal on both sides of every threshold, hence everywhere (both are monotone).

    ``span`` is all that the lowered node admits: a contributor's accumulators may leave the
    interval that the publisher's models fill.
    """
    inside = np.clip(expected, span.lo, span.hi).T
    before = np.clip(expected - 1, span.lo, span.hi).T
    lo = int_attr(lowered, "lo")
    op = ops.of(lowered)
    for points in (inside, before):
        exact = lo + (expected.T[None] <= points[:, None]).sum(1)
        if (op.evaluate(lowered, [points]) != exact).any():
            return False
    return True


@lru_cache(maxsize=1 << 14)
def _line(steps: tuple[int, ...], admitted: Interval) -> Line | None:
    """`line_through`, remembered: a model is lowered for many numbers of samples."""
    return line_through(np.array(steps, np.int64), admitted)


def _by_line(node: Node, channels: int, honest: Interval) -> Node | None:
    """None where some channel has no line, or one too wide to be computed in 64 bits."""
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    bits = max(honest.bits, 2)
    admitted = Interval(honest.lo, honest.lo + (1 << bits) - 1)
    expected = thresholds(node, channels, admitted)
    lines = [_line(tuple(row.tolist()), admitted) for row in expected]
    found = [line for line in lines if line is not None]
    width = window_width(lo, hi)
    wide = tuple(wide_bits(x.num, x.offset, x.shift, width, admitted) for x in found)
    if len(found) < len(lines) or max(wide) > MOST_WIDE:
        return None
    attrs: dict[str, Attribute] = {
        "num": tuple(x.num for x in found),
        "offset": tuple(x.offset for x in found),
        "shift": tuple(x.shift for x in found),
        "wide": wide,
        "low": honest.lo,
        "bits": bits,
        "lo": lo,
        "hi": hi,
    }
    lowered = Node("requantize_line", node.name, node.inputs, node.output, attrs)
    return lowered if _agrees(lowered, expected, admitted) else None


def _by_table(node: Node, channels: int, honest: Interval) -> Node:
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    expected = thresholds(node, channels, honest)
    rows = tuple(_row(steps.tolist(), honest) for steps in expected)
    bits = max((b - a).bit_length() for row in rows for a, b in pairwise(row))
    attrs: dict[str, Attribute] = {"thresholds": rows, "lo": lo, "hi": hi, "bits": max(bits, 2)}
    return Node("requantize_table", node.name, node.inputs, node.output, attrs)


def _row(steps: list[int], span: Interval) -> tuple[int, ...]:
    """257 thresholds; steps that nothing reaches are empty ones behind the last."""
    padding = [span.hi + 1] * (STEPS - len(steps))
    return (span.lo, *steps, *padding)


def lower(node: Node, honest: Interval) -> Node:
    """The cheapest exact integer form of ``node`` for accumulators in ``honest``."""
    channels = channels_of(node)
    if int_attr(node, "hi") - int_attr(node, "lo") >= STEPS:
        raise InputError(
            f"node {node.name!r} quantizes to more than 8 bits",
            why="activations are 8-bit here",
            remedy="quantize activations to uint8 or int8",
        )
    shifted = _by_shift(node, channels, honest)
    if shifted is not None:
        return shifted
    table, line = _by_table(node, channels, honest), _by_line(node, channels, honest)
    return line if line is not None and _cost(line) < _cost(table) else table


def _cost(node: Node) -> int:
    """Constraints of one sample; requantizations don't look at the graph around them."""
    graph = Graph(node.output, Quantization(None, 0, "int8"), (), (node,), node.output.name)
    return ops.of(node).constraints(node, graph, 1)


def lower_requantize(program: Program) -> Program:
    """``program`` with every float requantization lowered."""
    nodes = tuple(
        lower(node, program.honest(node.inputs[0])) if node.op == "requantize" else node
        for node in program.graph.nodes
    )
    return program.with_nodes(nodes)
