"""Poseidon and the sponge over it."""

from __future__ import annotations

import numpy as np
from rig.calls import Call
from zkpot.compiler.field import FIELD
from zkpot.compiler.poseidon import WIDTH, _tables, permute, sponge

from .specimen import Specimen, integers, joined

FILE = "lib/poseidon.circom"


def solved(matrix: list[list[int]], right: list[int]) -> list[int]:
    """x with matrix·x = right, by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = next(r for r in range(i, len(rows)) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        inverse = pow(rows[i][i], -1, FIELD)
        rows[i] = [v * inverse % FIELD for v in rows[i]]
        for r in set(range(len(rows))) - {i}:
            rows[r] = [(a - rows[r][i] * b) % FIELD for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]


def last_layer(prev: np.ndarray, block: np.ndarray) -> list[int]:
    """The last S-box layer: what the matrix maps to the permutation of M·prev + (0, block)."""
    matrix = _tables().matrix
    mixed = [sum(m * int(p) for m, p in zip(row, prev, strict=True)) for row in matrix]
    added = [mixed[0], *(m + int(b) for m, b in zip(mixed[1:], block, strict=True))]
    return solved(matrix, permute([v % FIELD for v in added]))


def sponged(n: int, capacity: int, *, is_small: bool = True) -> Specimen:
    return Specimen(
        Call(FILE, "Sponge", (n, capacity), ((n,),), ()),
        integers(0, FIELD - 1, n),
        lambda v: sponge(v.tolist(), capacity),
        is_small=is_small,
    )


SPECIMENS = (
    Specimen(
        Call(FILE, "PoseidonRounds", (), ((WIDTH,), (16,)), (WIDTH,)),
        joined(integers(0, FIELD - 1, WIDTH), integers(0, FIELD - 1, 16)),
        last_layer,
    ),
    sponged(1, 7),
    sponged(17, 9),
    sponged(33, 11, is_small=False),
)
