"""Poseidon (width 17) and the sponge over it: the integer meaning of circuits/lib/poseidon.circom.

The constants are read from the Circom file that the circuit uses, so the two cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .field import FIELD, digest_to_field

WIDTH = 17
RATE = WIDTH - 1
FULL_ROUNDS = 8
PARTIAL_ROUNDS = 68


@dataclass(frozen=True)
class _Tables:
    full: list[list[int]]
    matrix: list[list[int]]
    read: list[list[int]]
    write: list[list[int]]
    offset: list[int]
    finish: list[list[int]]
    finish_offset: list[int]


@cache
def _tables() -> _Tables:
    source = files("zkpot.circuits").joinpath("lib/poseidon_constants.circom").read_text()
    flat = {
        name: [int(v) for v in re.findall(r"\b\d+\b", body)]
        for name, body in re.findall(r"function poseidon(\w+)\(\) \{(.*?)\n\}", source, re.S)
    }

    def rows(name: str, width: int) -> list[list[int]]:
        return [flat[name][i : i + width] for i in range(0, len(flat[name]), width)]

    return _Tables(
        full=rows("FullConstants", WIDTH),
        matrix=rows("Matrix", WIDTH),
        read=rows("PartialRead", RATE),
        write=rows("PartialWrite", RATE),
        offset=flat["PartialOffset"],
        finish=rows("Finish", RATE),
        finish_offset=flat["FinishOffset"],
    )


def _dot(row: Sequence[int], lanes: Sequence[int]) -> int:
    return sum(map(int.__mul__, row, lanes)) % FIELD


def _full_round(lanes: Sequence[int], matrix: Sequence[Sequence[int]]) -> list[int]:
    powers = [pow(v, 5, FIELD) for v in lanes]
    return [_dot(row, powers) for row in matrix]


def _add(lanes: Sequence[int], constants: Sequence[int]) -> list[int]:
    return [(v + c) % FIELD for v, c in zip(lanes, constants, strict=True)]


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 17 field elements; on (0, x1..x16) out[0] is circomlib's hash."""
    t = _tables()
    lanes = list(state)
    half = FULL_ROUNDS // 2
    for rnd in range(half):
        lanes = _full_round(_add(lanes, t.full[rnd]), t.matrix)
    first, *rest = _add(lanes, t.full[half])
    for rnd in range(PARTIAL_ROUNDS):
        power = pow(first, 5, FIELD)
        first = (t.matrix[0][0] * power + _dot(t.read[rnd], rest) + t.offset[rnd]) % FIELD
        rest = [(v + w * power) % FIELD for v, w in zip(rest, t.write[rnd], strict=True)]
    rest = [_dot(row, rest) + c for row, c in zip(t.finish, t.finish_offset, strict=True)]
    lanes = _full_round([first, *rest], t.matrix)
    for rnd in range(half + 1, FULL_ROUNDS):
        lanes = _full_round(_add(lanes, t.full[rnd]), t.matrix)
    return lanes


def initial_capacity(domain: str, circuit_id: str, length: int) -> int:
    """The capacity lane's first value: it separates domains, circuits and lengths."""
    return digest_to_field(f"zkpot/{domain}/v1\x00{circuit_id}\x00{length}".encode())


def sponge(elements: Sequence[int], capacity: int) -> int:
    """Absorbs ``elements`` 16 at a time, zero-padded (``capacity`` holds the length); lane 1."""
    state = [capacity] + [0] * RATE
    for start in range(0, len(elements), RATE):
        block = elements[start : start + RATE]
        for lane, value in enumerate(block, 1):
            state[lane] = (state[lane] + value) % FIELD
        state = permute(state)
    return state[1]


def hash_elements(domain: str, elements: Sequence[int]) -> int:
    """A hash of field elements outside any circuit (contexts)."""
    return sponge(elements, initial_capacity(domain, "", len(elements)))
