"""The public inputs u, which prover and verifier compute from the test set and the challenge."""

from __future__ import annotations

import numpy as np

from .circuit import Circuit
from .field import FIELD, PACK_BITS
from .ir import Node
from .ops.base import IntArray
from .ops.geometry import geometry

LIMB_BITS, ROWS = 20, 1 << 20
"""Limbs of the powers, and rows at a time: 20 + 8 bits and up to 2^25 rows fit the 53 bits in which
float64 is exact."""


def powers(r: int, count: int) -> list[int]:
    """1, r, …, r^(count-1) mod p."""
    found = [1]
    for _ in range(count - 1):
        found.append(found[-1] * r % FIELD)
    return found[:count]


def weighted_columns(weights: list[int], rows: IntArray) -> list[int]:
    """Σ_i weights[i]·rows[i][k] mod p for each column k.

    rows: (R, K), |values| <= 255. Limb by limb in float64, where every sum is exact.
    """
    parts = (
        _weighted(weights[start : start + ROWS], rows[start : start + ROWS])
        for start in range(0, len(rows), ROWS)
    )
    return [sum(column) % FIELD for column in zip(*parts, strict=True)]


def _weighted(weights: list[int], rows: IntArray) -> list[int]:
    limbs = -(-FIELD.bit_length() // LIMB_BITS)
    mask = (1 << LIMB_BITS) - 1
    split = np.array(
        [[(w >> (LIMB_BITS * limb)) & mask for w in weights] for limb in range(limbs)], np.float64
    )
    sums = (split @ rows.astype(np.float64)).astype(np.int64)
    return [sum(int(v) << (LIMB_BITS * limb) for limb, v in enumerate(column)) for column in sums.T]


def _rows(node: Node, data: IntArray) -> IntArray:
    """(n·positions, columns): what each output of a layer on the data sums over."""
    windows = geometry(node)
    taken = windows.windows(data).transpose(0, 2, 1, 3)
    return taken.reshape(len(data) * windows.positions, -1)


def _fold(node: Node, data: IntArray, r: int) -> list[int]:
    """u_k = Σ_row r^row·x_row,k, and Σ_row r^row for the bias; rows: sample by sample."""
    rows = _rows(node, data)
    weights = powers(r, len(rows))
    biased = [sum(weights) % FIELD] if len(node.inputs) == 3 else []
    return [*weighted_columns(weights, rows), *biased]


def packed_data(node: Node, data: IntArray) -> list[int]:
    """circuits/nn/public_data.circom: ⌊253/bits⌋ values to an element, low first."""
    interval = node.output.type.interval
    slots = PACK_BITS // interval.bits
    values = (data.ravel() - interval.lo).tolist()
    return [
        sum(v << (interval.bits * j) for j, v in enumerate(values[i : i + slots]))
        for i in range(0, len(values), slots)
    ]


def folded(circuit: Circuit, data: IntArray, r: int) -> tuple[int, ...]:
    """All of u. data: (n, K) centred integers."""
    return tuple(
        u
        for node in circuit.entries
        for u in (packed_data(node, data) if node.op == "public_data" else _fold(node, data, r))
    )
