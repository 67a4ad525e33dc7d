"""Reading iden3 ``.r1cs`` files: every bound checked, non-zeros parsed by compiled code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from zkpot.compiler.errors import InputError
from zkpot.prover.engine.binfile import Container
from zkpot.prover.engine.field import R, Words, address, fr_modulus
from zkpot.prover.engine.jit import inner, kernel
from zkpot.prover.engine.limbs import ELEMENT, below, copy, load32, store32

HEADER, CONSTRAINTS, WIRE_LABELS, CUSTOM_GATES = 1, 2, 3, 5
ENTRY = 4 + ELEMENT
"""Bytes of a non-zero: wire and coefficient."""
LABEL = 8
"""Bytes of a wire's label."""


class R1csError(InputError):
    """An ``.r1cs`` file is damaged, foreign, or uses what Groth16 has not."""


@dataclass(frozen=True)
class SparseMatrix:
    """The non-zeros of one of A, B, C by ascending constraint.

    ``constraint`` and ``wire``: uint32 [nnz]; ``value``: uint64 [nnz, 4], little-endian limbs in
    standard form, each below R.
    """

    constraint: npt.NDArray[np.uint32]
    wire: npt.NDArray[np.uint32]
    value: Words

    def __len__(self) -> int:
        return len(self.wire)


@dataclass(frozen=True)
class R1cs:
    """A·w ∘ B·w = C·w over wires w = (1, outputs, public inputs, private inputs, the rest)."""

    n_wires: int
    n_pub_out: int
    n_pub_in: int
    n_prv_in: int
    n_labels: int
    n_constraints: int
    a: SparseMatrix
    b: SparseMatrix
    c: SparseMatrix

    @property
    def n_public(self) -> int:
        """Public signals, without the constant 1."""
        return self.n_pub_out + self.n_pub_in

    @property
    def domain_power(self) -> int:
        """log2 of the evaluation domain: snarkjs's, with a row for each public wire and the 1."""
        return max(1, (self.n_constraints + self.n_public).bit_length())


@dataclass(frozen=True)
class R1csInfo:
    """What ``snarkjs r1cs info`` prints, plus non-zeros and linear constraints.

    A constraint is linear if A or B mentions no wire besides the constant 1.
    """

    constraints: int
    wires: int
    public_outputs: int
    public_inputs: int
    private_inputs: int
    labels: int
    nonzeros: int
    linear_constraints: int


@dataclass(frozen=True)
class _Header:
    n_wires: int
    n_pub_out: int
    n_pub_in: int
    n_prv_in: int
    n_labels: int
    n_constraints: int


_COMPLETE, _TRUNCATED, _WIRE, _VALUE, _TRAILING = range(5)
_FAULTS = {
    _TRUNCATED: "the constraint section ends inside constraint {}",
    _WIRE: "constraint {} refers to a wire that does not exist",
    _VALUE: "constraint {} has a coefficient that is not below the field order",
    _TRAILING: "bytes follow the last constraint, number {}",
}


@inner
def _survey_combination(data: int, position: int, length: int, wires: int) -> Any:
    """Status, end, non-zeros and whether a wire besides 0 occurs, of one linear combination."""
    if length - position < 4:
        return _TRUNCATED, position, 0, 0
    count = load32(data + position)
    position += 4
    if length - position < count * ENTRY:
        return _TRUNCATED, position, 0, 0
    has_wire = 0
    for _ in range(count):
        wire = load32(data + position)
        if wire >= wires:
            return _WIRE, position, 0, 0
        if not below(data + position + 4, fr_modulus()):
            return _VALUE, position, 0, 0
        has_wire |= 1 if wire > 0 else 0
        position += ENTRY
    return _COMPLETE, position, count, has_wire


@kernel
def _survey(data: int, length: int, constraints: int, wires: int, found: Any) -> Any:
    """Check the constraint section; int64 found[0..4] = nnz of A, B, C, linear, last constraint.

    Returns one of the status codes above.
    """
    position = 0
    for row in range(constraints):
        found[4] = row
        quadratic = 1
        for matrix in range(3):
            status, position, count, has_wire = _survey_combination(data, position, length, wires)
            if status != _COMPLETE:
                return status
            found[matrix] += count
            if matrix < 2:
                quadratic &= has_wire
        found[3] += 1 - quadratic
    return _COMPLETE if position == length else _TRAILING


@kernel
def _extract(data: int, constraints: int, targets: Any) -> None:
    """Copy the surveyed non-zeros; ``targets[m]`` = addresses of constraint, wire, value."""
    position = 0
    for row in range(constraints):
        for matrix in range(3):
            count = load32(data + position)
            position += 4
            for _ in range(count):
                store32(targets[matrix, 0], row)
                store32(targets[matrix, 1], load32(data + position))
                copy(targets[matrix, 2], data + position + 4)
                targets[matrix, 0] += 4
                targets[matrix, 1] += 4
                targets[matrix, 2] += ELEMENT
                position += ENTRY


def _open(path: Path) -> tuple[Container, _Header]:
    file = Container(path, b"r1cs", R1csError, "compile the circuit again (circom --r1cs)")
    fields = file.fields(HEADER, "header")
    size = fields.integer(4)
    if size != ELEMENT or fields.integer(size) != R:
        raise file.fault("its field is not the scalar field of BN254 (circom --prime bn128)")
    wires, outputs, inputs, private = (fields.integer(4) for _ in range(4))
    header = _Header(wires, outputs, inputs, private, fields.integer(8), fields.integer(4))
    # Not so the private ones: circom still counts those that it replaced by outputs.
    if 1 + outputs + inputs > wires:
        raise file.fault(f"its public signals need more than its {wires} wires")
    _check_wires(file, wires)
    if CUSTOM_GATES in file and len(file.section(CUSTOM_GATES, "custom gates")) > 4:
        raise file.fault("it uses custom gates, which exist only for PLONK")
    return file, header


def _check_wires(file: Container, wires: int) -> None:
    """A setup takes memory for each wire, so the file has to hold something of each: its label,
    or, where labels were left out, at least a byte somewhere."""
    if WIRE_LABELS in file:
        file.section(WIRE_LABELS, "wire labels", LABEL * wires)
    elif wires > file.path.stat().st_size:
        raise file.fault(f"it declares {wires} wires, more than it has bytes")


def _counts(file: Container, header: _Header) -> list[int]:
    data = file.section(CONSTRAINTS, "constraints")
    found = np.zeros(5, np.int64)
    status = _survey(address(data), len(data), header.n_constraints, header.n_wires, found)
    if status != _COMPLETE:
        raise file.fault(_FAULTS[status].format(int(found[4])))
    return [int(count) for count in found[:4]]


def r1cs_info(path: Path) -> R1csInfo:
    """Sizes of an ``.r1cs`` file after checking all of it; ``R1csError`` if it is unusable."""
    file, header = _open(path)
    *nonzeros, linear = _counts(file, header)
    return R1csInfo(
        constraints=header.n_constraints,
        wires=header.n_wires,
        public_outputs=header.n_pub_out,
        public_inputs=header.n_pub_in,
        private_inputs=header.n_prv_in,
        labels=header.n_labels,
        nonzeros=sum(nonzeros),
        linear_constraints=linear,
    )


def read_r1cs(path: Path) -> R1cs:
    """Load an ``.r1cs`` file; ``R1csError`` names the file, the fault and the remedy."""
    file, header = _open(path)
    matrices = [
        SparseMatrix(
            np.empty(count, np.uint32), np.empty(count, np.uint32), np.empty((count, 4), np.uint64)
        )
        for count in _counts(file, header)[:3]
    ]
    targets = np.array(
        [[address(m.constraint), address(m.wire), address(m.value)] for m in matrices], np.int64
    )
    data = file.section(CONSTRAINTS, "constraints")
    _extract(address(data), header.n_constraints, targets)
    return R1cs(**vars(header), a=matrices[0], b=matrices[1], c=matrices[2])
