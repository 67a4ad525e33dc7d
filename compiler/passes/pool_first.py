"""Requirement: float requantizations. Ensures: each maximum is taken on the cheaper side of one.

Requantization is monotone, so it commutes with max-pooling; padding is excluded from a maximum on
either side. Pooling first compares wide accumulators but requantizes once a window. Every max_pool
leaves with the interval that it compares in.
"""

from __future__ import annotations

from dataclasses import replace

from ..cost import proving_work
from ..ir import Graph, Interval, Node, TensorType, Value
from ..ops.geometry import geometry
from ..program import Program
from .lower_requantize import channels_of, lower


def _compared(pool: Node, honest: Interval) -> Node:
    """``pool`` on values in ``honest``."""
    return pool.with_attrs(lo=honest.lo, bits=(honest.hi - honest.lo).bit_length() or 1)


def _swapped(requantize: Node, pool: Node, program: Program) -> tuple[Node, Node]:
    """The pool of accumulators, and the requantization behind it."""
    source = program.graph.value(requantize.inputs[0])
    honest = program.honest(source.name)
    shape = TensorType(pool.output.type.shape, source.type.interval)
    inner = Value(f"{pool.output.name}.acc", shape)
    first = replace(_compared(pool, honest), inputs=(source.name,), output=inner)
    return first, replace(requantize, inputs=(inner.name,), output=pool.output)


def _commutes(requantize: Node, pool: Node, graph: Graph) -> bool:
    """One reader, and scales that are the same for all pixels of a channel of the image."""
    alone = len(list(graph.consumers(requantize.output.name))) == 1
    return alone and geometry(pool).image[0] % channels_of(requantize) == 0


def _better_swapped(requantize: Node, pool: Node, program: Program) -> bool:
    honest = program.honest(requantize.inputs[0])
    plain = lower(requantize, honest), _compared(pool, program.honest(pool.inputs[0]))
    first, second = _swapped(requantize, pool, program)
    swapped = first, lower(second, honest)
    return _work(swapped, program) < _work(plain, program)


def _work(nodes: tuple[Node, Node], program: Program) -> int:
    graph = replace(program.graph, nodes=(*program.graph.nodes, *nodes))
    return sum(proving_work(node, graph, program.samples) for node in nodes)


def _swap_one(program: Program) -> Program | None:
    graph = program.graph
    for pool in graph.nodes:
        before = graph.producer(pool.inputs[0]) if pool.op == "max_pool" else None
        if before is None or before.op != "requantize" or not _commutes(before, pool, graph):
            continue
        if _better_swapped(before, pool, program):
            pair = _swapped(before, pool, program)
            kept = (n for n in graph.nodes if n is not before)
            nodes = [m for n in kept for m in (pair if n is pool else (n,))]
            return program.with_nodes(tuple(nodes))
    return None


def pool_first(program: Program) -> Program:
    """``program`` with maxima of accumulators where they are cheaper."""
    while (swapped := _swap_one(program)) is not None:
        program = swapped
    nodes = tuple(
        _compared(n, program.honest(n.inputs[0])) if n.op == "max_pool" else n
        for n in program.graph.nodes
    )
    return program.with_nodes(nodes)
