"""Requirement: bounded outputs of linear layers. Ensures: a way to prove each, with its layout.

A layer is proven by packed products or by a fold with the challenge, whichever the prover has less
work with (cost.py). Either way slots are as wide as design 3.2 demands; where no reader bounds an
element, nothing is emitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..cost import proving_work
from ..errors import SoundnessError
from ..field import PACK_BITS
from ..ir import Graph, Node
from ..ops.base import int_attr
from ..ops.geometry import geometry
from ..program import Program
from .bounds import enforced
from .slot_intervals import undetermined


def _packed(node: Node, graph: Graph, samples: int, places: int) -> Iterator[Node]:
    """Every sensible way to share ``places`` slots between channels and rows."""
    width = graph.value(node.inputs[1]).type.shape[1] // int_attr(node, "groups")
    rows = samples * geometry(node).positions
    seen: set[int] = set()
    for slots in range(1, min(places, width) + 1):
        blocks = -(-width // slots)
        if blocks not in seen:
            seen.add(blocks)
            layout = {"slots": slots, "rows": min(places // slots, rows)}
            yield replace(node, op="conv_packed").with_attrs(**layout)


def _candidates(node: Node, graph: Graph, samples: int, places: int) -> Iterator[Node]:
    if node.op == "conv_folded":
        yield node.with_attrs(slots=places)
        return
    yield from _packed(node, graph, samples, places)
    if int_attr(node, "groups") == 1:
        yield replace(node, op="conv_freivalds").with_attrs(slots=places)


def _laid_out(program: Program, node: Node) -> Node:
    graph = program.graph
    forced = enforced(graph, node.output.name)
    if forced is None:
        raise SoundnessError(
            f"no constraint bounds the output of {node.op} {node.name!r}",
            why="a packed slot without an enforced interval satisfies any packed equation",
        )
    stride = node.output.type.interval.union(forced).bits
    if stride > PACK_BITS:
        raise SoundnessError(f"a slot of {node.op} {node.name!r} needs {stride} bits")
    strided = node.with_attrs(stride=stride, hash_stride=forced.bits)
    candidates = _candidates(strided, graph, program.samples, PACK_BITS // stride)
    return min(candidates, key=lambda one: proving_work(one, graph, program.samples))


def products(program: Program) -> Program:
    """``program`` with a strategy and a layout for every linear layer."""
    waiting = undetermined(program.graph)
    nodes = tuple(_laid_out(program, n) if n in waiting else n for n in program.graph.nodes)
    return replace(program, graph=replace(program.graph, nodes=nodes))
