"""What the readers of a value force its elements into, and which values they can all take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .. import ops
from ..ir import Graph, Interval
from ..ops.base import IntArray, Mask


@dataclass(frozen=True)
class Bound:
    """The marked elements of one sample are forced into ``interval``, without the challenge."""

    elements: Mask
    interval: Interval


def bounds(graph: Graph, name: str) -> Iterator[Bound]:
    """What each reader of ``name`` forces, by itself or through what reads its output."""
    size = graph.value(name).type.size
    for reader in graph.consumers(name):
        op = ops.of(reader)
        for position in (p for p, read in enumerate(reader.inputs) if read == name):
            forced = op.enforces(reader, position)
            if forced is not None:
                covered = op.covers(reader, graph, position)
                yield Bound(np.ones(size, bool) if covered is None else covered, forced)
            for behind in bounds(graph, reader.output.name):
                tied = op.ties(reader, graph, position, behind.elements)
                if tied is not None and tied.any():
                    yield Bound(tied, op.forces_through(reader, position, behind.interval))


@dataclass(frozen=True)
class Enforced:
    """``interval``: the smallest that holds every bounded element; None where there is none.
    ``missing``: indices of the elements that no reader bounds."""

    interval: Interval | None
    missing: IntArray


def enforced_elements(graph: Graph, name: str) -> Enforced:
    """The union over elements of the intersection of their bounds."""
    found = list(bounds(graph, name))
    size = graph.value(name).type.size
    if not found:
        return Enforced(None, np.arange(size))
    marks = np.stack([b.elements for b in found], axis=1)
    union: Interval | None = None
    for row in np.unique(marks, axis=0):
        inside = [b.interval for b, marked in zip(found, row, strict=True) if marked]
        if inside:
            one = inside[0]
            for other in inside[1:]:
                one = one.intersection(other)
            union = one if union is None else union.union(one)
    return Enforced(union, np.flatnonzero(~marks.any(axis=1)))


def enforced(graph: Graph, name: str) -> Interval | None:
    """What every element of ``name`` is forced into, or None if some element isn't."""
    found = enforced_elements(graph, name)
    return None if len(found.missing) else found.interval


def accepted(graph: Graph, name: str) -> Interval:
    """The values of ``name`` for which every reader, and whoever reads on, has an assignment."""
    found = graph.value(name).type.interval
    for reader in graph.consumers(name):
        op = ops.of(reader)
        if op.passes_on:
            found = found.intersection(op.preimage(reader, accepted(graph, reader.output.name)))
        for position, read in enumerate(reader.inputs):
            one = op.accepts(reader, position) if read == name else None
            if one is not None:
                found = found.intersection(one)
    return found
