"""Requirement: folds. Ensures: every private value in a fold is hashed before the challenge exists.

Design 3.4: each is in cm (parameters), in the challenge's sponge (the outputs of every fold), the
public data (whose digest the sponge absorbs), or a function of such values by constraints that do
not use the challenge: a node that reads only such values, and is no fold itself. The lists made
here are the ones that emission and the prover hash, so what is checked is what is hashed.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import ops
from ..errors import SoundnessError
from ..field import PACK_BITS
from ..ir import Graph, Interval, Node, Value
from ..ops.base import int_attr
from .bounds import enforced


@dataclass(frozen=True)
class Packing:
    """How one tensor enters a sponge: row-major, ``slots`` values an element, ``stride`` apart."""

    value: str
    count: int
    stride: int

    @property
    def slots(self) -> int:
        """Values in one element."""
        return PACK_BITS // self.stride

    @property
    def elements(self) -> int:
        """Field elements in all."""
        return -(-self.count // self.slots)


@dataclass(frozen=True)
class Absorption:
    """cm absorbs (salt, parameters); the challenge absorbs (cm, ctx, dataset, salt, outputs)."""

    commitment: tuple[Packing, ...]
    challenge: tuple[Packing, ...]

    @property
    def commitment_length(self) -> int:
        """Elements that cm absorbs."""
        return 1 + sum(p.elements for p in self.commitment)

    @property
    def challenge_length(self) -> int:
        """Elements that r absorbs."""
        return 4 + sum(p.elements for p in self.challenge)


def _parameter(value: Value) -> Packing:
    return Packing(value.name, value.type.size, value.type.interval.bits)


def _output(graph: Graph, node: Node, samples: int) -> Packing:
    stride = int_attr(node, "hash_stride")
    forced = enforced(graph, node.output.name)
    if forced is None or forced.bits > stride:
        raise SoundnessError(
            f"the output of {node.name!r} is hashed at {stride} bits but not constrained to them",
            why="hashing packed values that are not range-checked binds nothing",
        )
    return Packing(node.output.name, samples * node.output.type.size, stride)


def absorption(graph: Graph, samples: int) -> Absorption:
    """What each sponge absorbs; refuses a fold over anything that the challenge doesn't bind."""
    folds = [node for node in graph.nodes if ops.of(node).uses_challenge]
    plan = Absorption(
        tuple(map(_parameter, graph.parameters)),
        tuple(_output(graph, node, samples) for node in folds),
    )
    bound = {graph.data.name, *(p.value for p in (*plan.commitment, *plan.challenge))}
    for node in graph.nodes:
        loose = [name for name in node.inputs if name not in bound]
        if node in folds and loose:
            raise SoundnessError(
                f"fold {node.name!r} uses {loose[0]!r}, which no sponge absorbs",
                why="a prover could fit it to the challenge",
            )
        if node.inputs and not loose:
            bound.add(node.output.name)
    return plan


def declared_range(value: Value) -> Interval:
    """The power-of-two interval that a parameter's range check enforces."""
    lo = value.type.interval.lo
    return Interval(lo, lo + (1 << value.type.interval.bits) - 1)
