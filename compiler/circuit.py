"""A model lowered to a circuit for n samples: everything the prover and the verifier agree on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import ops
from .cost import PERMUTATION_CONSTRAINTS
from .field import PACK_BITS
from .ir import Graph, Interval, Node, to_json
from .ops.geometry import folded_columns
from .ops.public_data import elements
from .passes import PIPELINE
from .passes.absorption import Absorption, absorption
from .passes.declare import declare
from .poseidon import RATE
from .program import Program

PROTOCOL = "zkpot/2"


@dataclass(frozen=True)
class Circuit:
    """``model`` is the graph as imported; ``graph`` the lowered one, ending in count_correct."""

    model: Graph
    graph: Graph
    samples: int
    weight_bits: int
    accumulators: Mapping[str, Interval]

    @cached_property
    def id(self) -> str:
        """SHA-256 of the protocol, n and the lowered graph; no weight has a part in it."""
        text = json.dumps([PROTOCOL, self.samples, to_json(self.graph)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def absorption(self) -> Absorption:
        """What the two sponges absorb."""
        return absorption(self.graph, self.samples)

    @cached_property
    def entries(self) -> tuple[Node, ...]:
        """The nodes that read the public data, in the order of their parts of u."""
        return tuple(self.graph.consumers(self.graph.data.name))

    def entry_length(self, node: Node) -> int:
        """Public inputs of one entry."""
        if node.op == "public_data":
            return elements(node, self.samples)
        return folded_columns(node) + len(node.inputs) - 2

    @property
    def folded_length(self) -> int:
        """Entries of u: a fold has one a column, and one for the bias column."""
        return sum(map(self.entry_length, self.entries))

    @cached_property
    def powers(self) -> int:
        """How many powers of the challenge the nodes share; 0 if none uses any."""
        return max(ops.of(n).powers(n, self.graph, self.samples) for n in self.graph.nodes)

    @property
    def evaluation(self) -> Node:
        """The node that counts."""
        return self.graph.nodes[-1]

    @property
    def classes(self) -> int:
        """Logits a sample."""
        return self.graph.value(self.evaluation.inputs[0]).type.size

    @property
    def label_inputs(self) -> int:
        """Public inputs that carry the labels."""
        return -(-self.samples * self.classes // PACK_BITS)

    @property
    def public_signals(self) -> int:
        """cm, r, k, ctx, dataset, u and the labels."""
        return 5 + self.folded_length + self.label_inputs

    def resized(self, samples: int) -> Circuit:
        """The same model's circuit for another number of samples."""
        return lower(self.model, samples, self.weight_bits, self.accumulators)

    def to_json(self) -> dict[str, Any]:
        """The part of circuit.json that `record.from_record` reads."""
        return {
            "samples": self.samples,
            "weight_bits": self.weight_bits,
            "accumulators": {k: [v.lo, v.hi] for k, v in self.accumulators.items()},
            "model": to_json(self.model),
            "graph": to_json(self.graph),
        }


def lower(
    model: Graph, samples: int, weight_bits: int, accumulators: Mapping[str, Interval]
) -> Circuit:
    """Runs the passes. ``accumulators``: per linear layer's output, what honest models may fill.

    Raises InputError for what can't be compiled and SoundnessError where a bound is missing.
    """
    program = declare(Program(model, samples, accumulators), weight_bits)
    for one in PIPELINE:
        program = one(program)
    circuit = Circuit(model, program.graph, samples, weight_bits, dict(accumulators))
    absorption(circuit.graph, samples)
    return circuit


@dataclass(frozen=True)
class NodeCost:
    """One line of the cost report."""

    name: str
    op: str
    constraints: int


def costs(circuit: Circuit) -> list[NodeCost]:
    """Constraints of every part, in the order of the emitted circuit; their sum is the R1CS's."""
    plan = circuit.absorption
    found = [
        NodeCost(p.name, "range check", p.type.size * p.type.interval.bits)
        for p in circuit.graph.parameters
    ]
    for name, length, packings in (
        ("commitment cm", plan.commitment_length, plan.commitment),
        ("challenge r", plan.challenge_length, plan.challenge),
    ):
        # An element that holds a single value is that value's signal and needs no equation.
        packed = sum(p.elements - _singles(p.count, p.slots) for p in packings)
        permutations = -(-length // RATE)
        found.append(NodeCost(name, "sponge", permutations * PERMUTATION_CONSTRAINTS + 1 + packed))
    if circuit.powers:
        found.append(NodeCost("powers of r", "powers", circuit.powers - 2))
    for node in circuit.graph.nodes:
        count = ops.of(node).constraints(node, circuit.graph, circuit.samples)
        found.append(NodeCost(node.name, node.op, count))
    return found


def _singles(count: int, slots: int) -> int:
    return count if slots == 1 else int(count % slots == 1)
