"""Groth16 keys from locally known trapdoors: fast, and only as trustworthy as this process.

With tau known, every point of the key is a known multiple of a generator: for wire i with columns
a_i, b_i, c_i (A, B, C at tau, in Lagrange form over the domain)

    A_i = a_i·G1     B_i = b_i·G1, b_i·G2     IC_i = (beta·a_i + alpha·b_i + c_i)·G1  (gamma = 1)
    C_i = (beta·a_i + alpha·b_i + c_i)/delta·G1     H_j = L_(2j+1)(tau)/delta·G1

with L over the domain of twice the size: snarkjs's prover gives A·B - C on its odd elements (on
the even ones it is 0), so Σ_j (A·B - C)(w^(2j+1))·H_j = h(tau)·Z(tau)/delta·G1 as Groth16 wants.
"""

from __future__ import annotations

import hashlib
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from zkpot.prover.engine import zkey as layout
from zkpot.prover.engine.binfile import new_container
from zkpot.prover.engine.curve import G2_GENERATOR
from zkpot.prover.engine.domain import TWO_ADICITY, lagrange_at, odd_lagrange_at
from zkpot.prover.engine.field import RADIX, Q, R, Words, address, fq_montgomery, fr_add, to_words
from zkpot.prover.engine.fixed_base import FixedBase
from zkpot.prover.engine.jit import kernel
from zkpot.prover.engine.limbs import ELEMENT
from zkpot.prover.engine.parallel import Progress, default_threads, no_progress
from zkpot.prover.engine.qap import coefficient_records, columns_at, public_rows, scaled
from zkpot.prover.engine.r1cs import R1cs, R1csError, read_r1cs
from zkpot.prover.engine.trapdoor import Trapdoor, draw_trapdoor


@dataclass(frozen=True)
class DevSetupReport:
    """What a development setup made and what it cost, in seconds and bytes."""

    constraints: int
    wires: int
    public_signals: int
    domain_power: int
    threads: int
    wall_seconds: float
    cpu_seconds: float
    zkey_bytes: int


@dataclass
class _Scalars:
    """Discrete logarithms of the key's points, standard form [n, 4]."""

    a: Words
    b: Words
    ic: Words
    c: Words
    h: Words

    def wipe(self) -> None:
        """Zero them: any of these gives tau away."""
        for words in (self.a, self.b, self.ic, self.c, self.h):
            words.fill(0)


@kernel
def _add_many(d: int, a: int, count: int) -> None:
    """d[i] += a[i] in Fr."""
    for i in range(count):
        fr_add(d + i * ELEMENT, d + i * ELEMENT, a + i * ELEMENT)


def _derive_scalars(r1cs: R1cs, trapdoor: Trapdoor, threads: int) -> _Scalars:
    power, inverse_delta = r1cs.domain_power, pow(trapdoor.delta, -1, R)
    basis = lagrange_at(trapdoor.tau, power, threads)
    sums = [[r1cs.a, public_rows(r1cs)], [r1cs.b], [r1cs.c]]
    a, b, mixed = columns_at(sums, basis, r1cs.n_wires, threads)
    for column, factor in ((a, trapdoor.beta), (b, trapdoor.alpha)):
        term = scaled(column, factor, threads)
        _add_many(address(mixed), address(term), len(mixed))
        term.fill(0)
    odd = odd_lagrange_at(trapdoor.tau, power, threads)
    # Montgomery form times 2^-256/delta: the standard form of L/delta.
    h = scaled(odd, inverse_delta * pow(RADIX, -1, R) % R, threads)
    public = r1cs.n_public + 1
    c = scaled(mixed[public:], inverse_delta, threads)
    ic = mixed[:public].copy()
    for spent in (basis, odd, mixed):
        spent.fill(0)
    return _Scalars(a, b, ic, c, h)


def _header(r1cs: R1cs, trapdoor: Trapdoor, g1: FixedBase, g2: FixedBase) -> bytes:
    known = to_words([trapdoor.alpha, trapdoor.beta, trapdoor.delta])
    alpha1, beta1, delta1 = g1.multiply(known)
    _, beta2, delta2 = g2.multiply(known)
    known.fill(0)
    sizes = (r1cs.n_wires, r1cs.n_public, 1 << r1cs.domain_power)
    primes = b"".join(struct.pack("<I", ELEMENT) + p.to_bytes(ELEMENT, "little") for p in (Q, R))
    gamma2 = fq_montgomery(G2_GENERATOR)
    points = (alpha1, beta1, beta2, gamma2, delta1, delta2)
    return primes + struct.pack("<3I", *sizes) + b"".join(point.tobytes() for point in points)


def _points(scalars: _Scalars, g1: FixedBase, g2: FixedBase, report: Progress) -> dict[int, Words]:
    jobs = (
        (layout.IC, g1, scalars.ic),
        (layout.H, g1, scalars.h),
        (layout.C, g1, scalars.c),
        (layout.A, g1, scalars.a),
        (layout.B1, g1, scalars.b),
        (layout.B2, g2, scalars.b),
    )
    points: dict[int, Words] = {}
    for done, (section, base, values) in enumerate(jobs):
        report("points", done / len(jobs))
        points[section] = base.multiply(values)
    return points


def _write(
    path: Path, header: bytes, records: npt.NDArray[np.void], points: dict[int, Words]
) -> None:
    digest = hashlib.blake2b(header)
    for section in points.values():
        digest.update(section.ravel().data)
    with new_container(path, b"zkey", 1, 10) as file:
        file.section(layout.PROTOCOL, struct.pack("<I", layout.GROTH16))
        file.section(layout.HEADER, header)
        file.section(layout.COEFFICIENTS, struct.pack("<I", len(records)), records)
        for number, section in points.items():
            file.section(number, section)
        file.section(layout.CONTRIBUTIONS, digest.digest(), struct.pack("<I", 0))


def dev_setup(
    r1cs: Path,
    zkey: Path,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> DevSetupReport:
    """Write a Groth16 ``.zkey`` for ``r1cs`` whose trapdoors this process alone has known.

    snarkjs 0.7.6 proves with the file and exports its verification key; gamma is 1, delta is not.
    The circuit hash in the contribution section is BLAKE2b-512 of the header and the point
    sections as they stand in this file. It is *not* snarkjs's hash, which is over the key before
    any contribution (delta = 1) and powers of tau that exist nowhere here, so
    ``snarkjs zkey verify`` has nothing to compare such a key with.

    ``threads`` defaults to the processors available; ``progress`` hears (phase, fraction).
    Raises ``R1csError`` for an unusable or too large circuit.
    """
    workers = default_threads() if threads is None else threads
    report = progress or no_progress
    wall, cpu = time.perf_counter(), time.process_time()
    report("read", 0.0)
    circuit = read_r1cs(r1cs)
    _check_size(circuit, r1cs)
    _generate(circuit, zkey, workers, report)
    return DevSetupReport(
        constraints=circuit.n_constraints,
        wires=circuit.n_wires,
        public_signals=circuit.n_public,
        domain_power=circuit.domain_power,
        threads=workers,
        wall_seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
        zkey_bytes=zkey.stat().st_size,
    )


def _check_size(circuit: R1cs, path: Path) -> None:
    if circuit.domain_power >= TWO_ADICITY:
        raise R1csError(
            f"{path} is too large for BN254",
            why=f"{circuit.n_constraints} constraints need a domain of 2^{circuit.domain_power}",
            remedy="split the evaluation into shards of fewer samples",
        )


def _generate(circuit: R1cs, path: Path, threads: int, report: Progress) -> None:
    trapdoor = draw_trapdoor(circuit.domain_power)
    try:
        report("columns", 0.0)
        scalars = _derive_scalars(circuit, trapdoor, threads)
        try:
            multiples = 3 * circuit.n_wires + len(scalars.h)
            g1 = FixedBase(1, multiples, threads)
            g2 = FixedBase(2, circuit.n_wires, threads)
            header = _header(circuit, trapdoor, g1, g2)
            points = _points(scalars, g1, g2, report)
        finally:
            scalars.wipe()
    finally:
        trapdoor.forget()
    report("write", 0.0)
    _write(path, header, coefficient_records(circuit, threads), points)
    report("write", 1.0)
