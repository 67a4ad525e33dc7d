"""From an R1CS to the quadratic arithmetic program: columns at tau, coefficient records."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from zkpot.prover.engine.field import RADIX, R, Words, address, fr_add, fr_mul, fr_scale, to_words
from zkpot.prover.engine.jit import kernel
from zkpot.prover.engine.limbs import ELEMENT, load32, stack
from zkpot.prover.engine.parallel import run_chunks
from zkpot.prover.engine.r1cs import R1cs, SparseMatrix

COEFFICIENT = np.dtype([("matrix", "<u4"), ("row", "<u4"), ("wire", "<u4"), ("value", "<u8", 4)])
"""A record of a zkey's section 4: matrix 0 (A) or 1 (B), constraint, wire, value·2^512 mod R."""
_CHUNK = 1 << 16


@kernel
def _accumulate(
    columns: int, constraints: int, wires: int, values: int, basis: int, count: int
) -> None:
    """columns[wire] += value·basis[constraint]; standard form, ``basis`` in Montgomery form."""
    term = stack(1)
    for i in range(count):
        row, wire = load32(constraints + 4 * i), load32(wires + 4 * i)
        fr_mul(term, values + i * ELEMENT, basis + row * ELEMENT)
        fr_add(columns + wire * ELEMENT, columns + wire * ELEMENT, term)


def public_rows(r1cs: R1cs) -> SparseMatrix:
    """The extra rows of A, one per public wire and the constant 1, that snarkjs appends.

    They make the public columns of A linearly independent, so that every IC point is non-zero
    and distinct and no public signal is malleable.
    """
    wires = np.arange(r1cs.n_public + 1, dtype=np.uint32)
    ones = np.zeros((len(wires), 4), np.uint64)
    ones[:, 0] = 1
    return SparseMatrix(wires + np.uint32(r1cs.n_constraints), wires, ones)


def columns_at(
    matrices: list[list[SparseMatrix]], basis: Words, n_wires: int, threads: int
) -> list[Words]:
    """Σ value·basis[constraint] per wire, standard form [n_wires, 4], for each sum of matrices."""
    columns = [np.zeros((n_wires, 4), np.uint64) for _ in matrices]

    def work(start: int, stop: int) -> None:
        for index in range(start, stop):
            for m in matrices[index]:
                _accumulate(
                    address(columns[index]),
                    address(m.constraint),
                    address(m.wire),
                    address(m.value),
                    address(basis),
                    len(m),
                )

    run_chunks(work, len(matrices), 1, threads)
    return columns


def scaled(values: Words, factor: int, threads: int) -> Words:
    """values[i]·factor mod R as a new array; both in standard form or both in the values' form."""
    result = np.empty_like(values)
    multiplier = to_words([factor * RADIX % R])

    def work(start: int, stop: int) -> None:
        source, target = address(values[start:stop]), address(result[start:stop])
        fr_scale(target, source, address(multiplier), stop - start)

    run_chunks(work, len(values), _CHUNK, threads)
    return result


def coefficient_records(r1cs: R1cs, threads: int) -> npt.NDArray[np.void]:
    """The records of section 4 in snarkjs's order: row by row A then B, then the public rows."""
    a, b, extra = r1cs.a, r1cs.b, public_rows(r1cs)
    records = np.empty(len(a) + len(b) + len(extra), COEFFICIENT)
    before_a = np.searchsorted(b.constraint, a.constraint, side="left")
    before_b = np.searchsorted(a.constraint, b.constraint, side="right")
    places = (
        np.arange(len(a)) + before_a,
        np.arange(len(b)) + before_b,
        np.arange(len(a) + len(b), len(records)),
    )
    for number, matrix, place in zip((0, 1, 0), (a, b, extra), places, strict=True):
        records["matrix"][place] = number
        records["row"][place] = matrix.constraint
        records["wire"][place] = matrix.wire
        records["value"][place] = scaled(matrix.value, RADIX * RADIX % R, threads)
    return records
