"""Is this ``.zkey`` a sane key for this circuit? What a prover asks before trusting a publisher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from zkpot.prover.engine import zkey as layout
from zkpot.prover.engine.binfile import Container
from zkpot.prover.engine.curve import G1_GENERATOR, G2_GENERATOR, first_foreign
from zkpot.prover.engine.field import Q, address
from zkpot.prover.engine.membership import g1_fault, g2_fault
from zkpot.prover.engine.pairing import g1_words, g2_words, pairing_product
from zkpot.prover.engine.parallel import default_threads
from zkpot.prover.engine.qap import COEFFICIENT, coefficient_records
from zkpot.prover.engine.r1cs import R1cs
from zkpot.prover.engine.zkey import (
    G1_BYTES,
    G2_BYTES,
    ZkeyHeader,
    header_of,
    input_points,
    open_zkey,
)
from zkpot.prover.points import G1Point, G2Point

_GENERATOR1: G1Point = G1_GENERATOR
_GENERATOR2: G2Point = (
    (G2_GENERATOR[0], G2_GENERATOR[1]),
    (G2_GENERATOR[2], G2_GENERATOR[3]),
)


def check_zkey(path: Path, r1cs: R1cs) -> None:
    """Refuse, by ``ZkeyError``, a key that is not for ``r1cs`` or is degenerate.

    Checked: fields and sizes; that the coefficient section is the circuit's A and B with the
    public rows, in any order; that key-wide and IC points are finite members of their groups,
    IC points distinct, gamma not delta; that beta and delta agree between the two groups; that
    every other point is canonical and on its curve. Not checked: that the points encode *this*
    circuit's polynomials, which takes the powers of tau (``snarkjs zkey verify``), nor that each
    B2 point is in the prime-order subgroup (a prover who verifies a proof before publishing it,
    with ``groth16_pairing_only``, notices both).
    """
    file = open_zkey(path)
    header = header_of(file)
    _check_sizes(file, header, r1cs)
    _check_header_points(file, header)
    _check_input_points(file, header)
    _check_coefficients(file, r1cs)
    _check_point_sections(file, header)


def _check_sizes(file: Container, header: ZkeyHeader, r1cs: R1cs) -> None:
    pairs = (
        ("wires", header.n_vars, r1cs.n_wires),
        ("public signals", header.n_public, r1cs.n_public),
        ("rows in its domain", header.domain_size, 1 << r1cs.domain_power),
    )
    for name, found, wanted in pairs:
        if found != wanted:
            raise file.fault(f"it has {found} {name}, the circuit has {wanted}")


def _check_header_points(file: Container, header: ZkeyHeader) -> None:
    for name in ("alpha1", "beta1", "delta1"):
        if fault := g1_fault(getattr(header, name)):
            raise file.fault(f"{name} is no element of G1: {fault}")
    for name in ("beta2", "gamma2", "delta2"):
        if fault := g2_fault(getattr(header, name)):
            raise file.fault(f"{name} is no element of G2: {fault}")
    if header.gamma2 == header.delta2:
        raise file.fault("gamma equals delta, so anyone can forge proofs: nobody contributed")
    for name in ("beta", "delta"):
        if not _same_multiple(getattr(header, f"{name}1"), getattr(header, f"{name}2")):
            raise file.fault(f"{name}1 and {name}2 are not the same multiple of the generators")


def _same_multiple(one: G1Point, two: G2Point) -> bool:
    """Whether ``one`` = s·G1 and ``two`` = s·G2 for some s: e(one, G2)·e(-G1, two) = 1."""
    minus = (_GENERATOR1[0], Q - _GENERATOR1[1])
    value = pairing_product(g1_words([one, minus]), g2_words([_GENERATOR2, two]))
    identity = pairing_product(g1_words([one, (one[0], Q - one[1])]), g2_words([two, two]))
    return bool(np.array_equal(value, identity))


def _check_input_points(file: Container, header: ZkeyHeader) -> None:
    points = input_points(file, header)
    for index, point in enumerate(points):
        if fault := g1_fault(point):
            raise file.fault(f"IC point {index} is no element of G1: {fault}")
    if len(set(points)) != len(points):
        raise file.fault("an IC point occurs twice, so two public signals are interchangeable")


def _check_coefficients(file: Container, r1cs: R1cs) -> None:
    section = file.section(layout.COEFFICIENTS, "coefficients")
    wanted = coefficient_records(r1cs, default_threads())
    expected = np.uint32(len(wanted)).tobytes()
    if section[:4].tobytes() != expected or len(section) != 4 + wanted.nbytes:
        raise file.fault(f"its coefficient section has not the circuit's {len(wanted)} entries")
    found = section[4:]
    if np.array_equal(found, wanted.view(np.uint8)):
        return
    if not np.array_equal(_sorted(found), _sorted(wanted.view(np.uint8))):
        raise file.fault("its coefficients are not those of the circuit's A and B")


def _sorted(records: npt.NDArray[np.uint8]) -> npt.NDArray[np.bytes_]:
    """Fixed-size records in byte order; trailing zero bytes don't matter at equal length."""
    return np.sort(np.ascontiguousarray(records).view(f"S{COEFFICIENT.itemsize}"))


def _check_point_sections(file: Container, header: ZkeyHeader) -> None:
    private = header.n_vars - header.n_public - 1
    sections = (
        (layout.A, "A", 1, header.n_vars),
        (layout.B1, "B1", 1, header.n_vars),
        (layout.B2, "B2", 2, header.n_vars),
        (layout.C, "C", 1, private),
        (layout.H, "H", 1, header.domain_size),
    )
    for number, name, degree, count in sections:
        data = file.section(number, name, count * (G1_BYTES if degree == 1 else G2_BYTES))
        bad = first_foreign(degree, address(data), count)
        if bad < count:
            raise file.fault(f"point {bad} of section {name} is not on its curve")
