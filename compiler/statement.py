"""The native side of the statement: what prover and verifier compute outside the circuit.

The public inputs that carry the data are in folding.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .circuit import Circuit
from .field import FIELD, PACK_BITS
from .ops.base import IntArray
from .passes.absorption import Packing
from .poseidon import initial_capacity, sponge


@dataclass(frozen=True)
class Statement:
    """The public signals, in snarkjs's order: outputs first, then inputs as declared."""

    cm: int
    r: int
    k: int
    ctx: int
    dataset: int
    u: tuple[int, ...]
    labels: tuple[int, ...]

    def signals(self) -> list[int]:
        """public.json, as integers."""
        return [self.cm, self.r, self.k, self.ctx, self.dataset, *self.u, *self.labels]


def packed(values: Iterable[int], packing: Packing) -> list[int]:
    """Σ value_j·2^(stride·j) mod p for ``slots`` values at a time: circuits/lib/pack.circom."""
    flat = list(values)
    return [
        sum(v << (packing.stride * j) for j, v in enumerate(flat[i : i + packing.slots])) % FIELD
        for i in range(0, len(flat), packing.slots)
    ]


def _absorbed(packings: Sequence[Packing], tensors: Mapping[str, IntArray]) -> list[int]:
    return [e for p in packings for e in packed(tensors[p.value].ravel().tolist(), p)]


def commitment(circuit: Circuit, parameters: Mapping[str, IntArray], salt: int) -> int:
    """cm: the sponge over the salt and every parameter."""
    plan = circuit.absorption
    elements = [salt, *_absorbed(plan.commitment, parameters)]
    return sponge(elements, initial_capacity("commitment", circuit.id, plan.commitment_length))


def challenge(
    circuit: Circuit,
    head: tuple[int, int, int, int],
    outputs: Mapping[str, IntArray],
) -> int:
    """r: the sponge over ``head`` = (cm, ctx, dataset, second salt) and the first layer's outputs.

    ``outputs``: (n, M) accumulators by value name.
    """
    plan = circuit.absorption
    elements = [*head, *_absorbed(plan.challenge, outputs)]
    return sponge(elements, initial_capacity("challenge", circuit.id, plan.challenge_length))


def packed_labels(labels: Sequence[int], classes: int) -> tuple[int, ...]:
    """One-hot bits, sample after sample, 253 to an element, low bit first."""
    bits = 0
    for sample, label in enumerate(labels):
        bits |= 1 << (sample * classes + label)
    count = -(-len(labels) * classes // PACK_BITS)
    mask = (1 << PACK_BITS) - 1
    return tuple((bits >> (PACK_BITS * i)) & mask for i in range(count))
