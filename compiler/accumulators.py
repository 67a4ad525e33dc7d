"""How wide accumulators must be, and whether a given model's fit (design 3.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from . import ops
from .errors import InputError
from .ir import Graph, Interval, Node
from .ops.base import IntArray
from .ops.dense import worst_case
from .passes.bounds import accepted
from .passes.lower_requantize import power_of_two_shifts

HEADROOM = 1.5
"""Room for other contributors' models of the same task, as a factor on the worst case."""


@dataclass(frozen=True)
class WorstCase:
    """Exact bounds of one channel's accumulator over every input in its declared interval."""

    node: str
    channel: int
    interval: Interval


def worst_cases(graph: Graph, node: Node, values: Mapping[str, IntArray]) -> list[WorstCase]:
    """One entry a channel of the linear layer ``node``, from the actual weights."""
    weight = values[node.inputs[1]]
    bias = values[node.inputs[2]] if len(node.inputs) == 3 else None
    # Padding counts 0, which a centred interval holds unless its zero point is out of range.
    x = graph.value(node.inputs[0]).type.interval.union(Interval(0, 0))
    low, high = worst_case(x, weight, bias)
    return [
        WorstCase(node.name, channel, Interval(int(a), int(b)))
        for channel, (a, b) in enumerate(zip(low, high, strict=True))
    ]


def chosen_accumulators(
    graph: Graph,
    values: Mapping[str, IntArray],
    declared_bits: Mapping[str, int],
    headroom: float = HEADROOM,
) -> dict[str, Interval]:
    """For each linear layer's output, the interval that the circuit is to make room for.

    ``declared_bits`` (by node name, from the model's metadata) makes it independent of the
    weights; otherwise it has as many bits as the publisher's worst case, times ``headroom``, needs.
    The interval is public, so it says nothing finer than that.
    """
    found = {}
    for node in graph.nodes:
        if ops.of(node).accumulates:
            rounding = _rounding(graph, node)
            bits = declared_bits.get(node.name)
            if bits is None:
                bits = _needed_bits(worst_cases(graph, node, values), headroom, rounding)
            found[node.output.name] = _window(bits, rounding)
    return found


def _needed_bits(worst: Sequence[WorstCase], headroom: float, rounding: int) -> int:
    """The least width of which `_window` holds ``headroom`` times the worst cases."""
    share, largest = Fraction(headroom), max(max(-w.interval.lo, w.interval.hi) for w in worst)
    return (math.ceil(share * max(largest, 1)) + rounding).bit_length() + 1


def _window(bits: int, rounding: int) -> Interval:
    """What stays within signed ``bits`` bits when ``rounding`` is added."""
    top = (1 << (bits - 1)) - 1 - rounding
    return Interval(-top, top)


def _rounding(graph: Graph, node: Node) -> int:
    """What a power-of-two requantization behind ``node`` adds before it cuts the low bits off."""
    found = 0
    for reader in graph.consumers(node.output.name):
        shifts = power_of_two_shifts(reader) if reader.op == "requantize" else None
        found = max([found, *((1 << s) >> 1 for s in shifts or [])])
        if ops.of(reader).passes_on:
            found = max(found, _rounding(graph, reader))
    return found


def refuse_overflow(graph: Graph, values: Mapping[str, IntArray]) -> None:
    """Raises InputError if any image, odd or hostile, could leave the lowered circuit's ranges."""
    for node in graph.nodes:
        if not ops.of(node).accumulates:
            continue
        room = accepted(graph, node.output.name)
        for worst in worst_cases(graph, node, values):
            if worst.interval not in room:
                raise InputError(
                    f"node {worst.node!r}, channel {worst.channel}: accumulators reach "
                    f"[{worst.interval.lo}, {worst.interval.hi}]",
                    why=f"the circuit has room for [{room.lo}, {room.hi}], and a test image that "
                    "left it would make an honest proof impossible",
                    remedy="train with smaller weights (weight decay), quantize with --like the "
                    "task, or ask the publisher for a task with wider accumulators",
                )


def refuse_out_of_range(graph: Graph, values: Mapping[str, IntArray]) -> None:
    """Raises InputError if a weight or bias is outside its declared range."""
    for parameter in graph.parameters:
        interval, array = parameter.type.interval, values[parameter.name]
        if array.min() < interval.lo or array.max() > interval.hi:
            raise InputError(
                f"parameter {parameter.name!r} has values in [{array.min()}, {array.max()}]",
                why=f"the task declares [{interval.lo}, {interval.hi}]",
                remedy="quantize with --like the task's build, or with the task's --weight-bits",
            )
