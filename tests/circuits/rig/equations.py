"""A circuit's constraints as Python integers, and which of them a witness violates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zkpot.compiler.field import FIELD
from zkpot.prover.engine.r1cs import SparseMatrix, read_r1cs

Combination = list[tuple[int, int]]
"""(wire, coefficient) pairs."""


def _rows(matrix: SparseMatrix, count: int) -> list[Combination]:
    raw = matrix.value.astype("<u8").tobytes()
    found: list[Combination] = [[] for _ in range(count)]
    pairs = zip(matrix.constraint.tolist(), matrix.wire.tolist(), strict=True)
    for i, (row, wire) in enumerate(pairs):
        found[row].append((wire, int.from_bytes(raw[32 * i : 32 * i + 32], "little")))
    return found


@dataclass(frozen=True)
class Equations:
    """A·w ∘ B·w = C·w, row by row. ``wires``: how many entries w has, the constant 1 first."""

    wires: int
    public: int
    a: list[Combination]
    b: list[Combination]
    c: list[Combination]

    @classmethod
    def read(cls, path: Path) -> Equations:
        r1cs = read_r1cs(path)
        a, b, c = (_rows(m, r1cs.n_constraints) for m in (r1cs.a, r1cs.b, r1cs.c))
        return cls(r1cs.n_wires, r1cs.n_public, a, b, c)

    def __len__(self) -> int:
        return len(self.a)

    def violated(self, witness: Sequence[int]) -> Iterator[int]:
        """The rows that ``witness`` (one value a wire) does not satisfy."""

        def value(combination: Combination) -> int:
            return sum(coefficient * witness[wire] for wire, coefficient in combination)

        for row, (a, b, c) in enumerate(zip(self.a, self.b, self.c, strict=True)):
            if (value(a) * value(b) - value(c)) % FIELD:
                yield row

    def wires_of(self, row: int) -> set[int]:
        """The wires in one constraint, without the constant 1."""
        parts = (self.a[row], self.b[row], self.c[row])
        return {wire for part in parts for wire, _ in part} - {0}
