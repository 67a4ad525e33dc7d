"""What a node costs a prover, so that passes can choose between two ways to prove it."""

from __future__ import annotations

from . import ops
from .field import PACK_BITS
from .ir import Graph, Node
from .ops.base import int_attr
from .poseidon import RATE

PERMUTATION_CONSTRAINTS = 612

CONSTRAINT, LARGE_WIRE, WIRE = 15, 25, 1
"""Relative work, in tenths of one element of a multi-scalar product over G1. A constraint takes
part in the transforms and, with a full-size scalar, in the product over H; a wire of the field's
size in three products over G1 and one over G2, less where it stands in one matrix only; a wire that
holds a bit costs an addition at most."""


def hash_constraints(values: int, stride: int) -> int:
    """Packing and absorbing ``values`` at ``stride`` bits each: design 3.7, 612 a permutation."""
    elements = -(-values // (PACK_BITS // stride))
    return elements + elements * PERMUTATION_CONSTRAINTS // RATE


def proving_work(node: Node, graph: Graph, samples: int) -> int:
    """Estimated work of proving ``node``, its part of the challenge's sponge included."""
    op = ops.of(node)
    constraints = op.constraints(node, graph, samples)
    large = op.large_wires(node, graph, samples)
    if op.uses_challenge:
        values = samples * node.output.type.size
        hashed = hash_constraints(values, int_attr(node, "hash_stride"))
        constraints, large = constraints + hashed, large + hashed
    wires = op.size(node, graph, samples).wires
    return CONSTRAINT * constraints + LARGE_WIRE * large + WIRE * wires
