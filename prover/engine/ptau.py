"""Powers of tau from a tau that this process knows: INSECURE, for tests and demonstrations only.

A real file is the product of a public ceremony in which one honest participant suffices.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from zkpot.prover.engine.binfile import new_container
from zkpot.prover.engine.domain import lagrange_at, powers, root_of_unity
from zkpot.prover.engine.field import Q, R, Words, address, fr_scale, fr_sub, to_words
from zkpot.prover.engine.fixed_base import FixedBase
from zkpot.prover.engine.jit import kernel
from zkpot.prover.engine.limbs import ELEMENT
from zkpot.prover.engine.parallel import Progress, default_threads, no_progress
from zkpot.prover.engine.qap import scaled
from zkpot.prover.engine.trapdoor import Trapdoor, draw_trapdoor
from zkpot.prover.errors import PtauError

MAX_POWER = 20
"""Beyond this a file takes gigabytes, and nobody should be tempted to use one for real."""
HEADER, TAU_G1, TAU_G2, ALPHA_G1, BETA_G1, BETA_G2, CONTRIBUTIONS = range(1, 8)
LAGRANGE = {TAU_G1: 12, TAU_G2: 13, ALPHA_G1: 14, BETA_G1: 15}
"""Which section holds the Lagrange form of which powers, as ``prepare phase2`` writes them."""


@kernel
def _subtract_many(d: int, a: int, count: int) -> None:
    """d[i] -= a[i] in Fr."""
    for i in range(count):
        fr_sub(d + i * ELEMENT, d + i * ELEMENT, a + i * ELEMENT)


def _standard(montgomery: Words) -> Words:
    """Montgomery words to standard form, in place."""
    one = to_words([1])
    fr_scale(address(montgomery), address(montgomery), address(one), len(montgomery))
    return montgomery


def _truncated_basis(tau: int, power: int, threads: int) -> Words:
    """L_j(tau) of size 2^power without its highest monomial, standard form.

    A file of power p holds tau^i only for i < 2^(p+1) - 1, so snarkjs transforms the largest
    block with that last power missing. L_j's coefficient of x^(n-1) is w^j/n.
    """
    size = 1 << power
    basis = _standard(lagrange_at(tau, power, threads))
    top = pow(tau, size - 1, R) * pow(size, -1, R) % R
    missing = _standard(powers(root_of_unity(power), size, first=top))
    _subtract_many(address(basis), address(missing), size)
    return basis


def _lagrange_blocks(tau: int, power: int, threads: int) -> Words:
    """The Lagrange bases of sizes 1, 2, 4 … 2^power at tau, concatenated, standard form."""
    return np.concatenate([_standard(lagrange_at(tau, p, threads)) for p in range(power + 1)])


def _scalars(secret: Trapdoor, power: int, threads: int) -> Iterator[tuple[int, int, Words]]:
    """(section, degree of its group, discrete logarithms of its points), in file order."""
    one, two = 1 << power, 2 << power
    monomials = _standard(powers(secret.tau, two - 1))
    yield TAU_G1, 1, monomials
    yield TAU_G2, 2, monomials[:one]
    yield ALPHA_G1, 1, scaled(monomials[:one], secret.alpha, threads)
    yield BETA_G1, 1, scaled(monomials[:one], secret.beta, threads)
    yield BETA_G2, 2, to_words([secret.beta])
    blocks = _lagrange_blocks(secret.tau, power, threads)
    top = _truncated_basis(secret.tau, power + 1, threads)
    yield LAGRANGE[TAU_G1], 1, np.concatenate([blocks, top])
    yield LAGRANGE[TAU_G2], 2, blocks
    yield LAGRANGE[ALPHA_G1], 1, scaled(blocks, secret.alpha, threads)
    yield LAGRANGE[BETA_G1], 1, scaled(blocks, secret.beta, threads)


def dev_ptau(
    power: int,
    path: Path,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Write a ``.ptau`` of 2^``power``, prepared for phase 2. **INSECURE: for tests only.**

    tau, alpha and beta are known to this process alone, and nothing proves that it forgot them:
    WHOEVER RUNS THIS CAN FORGE PROOFS under every key derived from the file. There are zero
    contributions in it, so ``snarkjs powersoftau verify`` rejects it, rightly; ``groth16 setup``,
    ``zkey contribute`` and ``zkey verify`` work. ``PtauError`` for a power outside 1..MAX_POWER.
    """
    if not 1 <= power <= MAX_POWER:
        raise PtauError(
            f"can't make powers of tau of power {power}",
            why=f"an insecure test file may have powers 1 to {MAX_POWER}",
            remedy="use the file of a public ceremony",
        )
    workers = default_threads() if threads is None else threads
    report = progress or no_progress
    secret = draw_trapdoor(power + 1)
    try:
        _write(path, power, secret, workers, report)
    finally:
        secret.forget()


def _write(path: Path, power: int, secret: Trapdoor, threads: int, report: Progress) -> None:
    bases = {1: FixedBase(1, 9 << power, threads), 2: FixedBase(2, 3 << power, threads)}
    prime = struct.pack("<I", ELEMENT) + Q.to_bytes(ELEMENT, "little")
    with new_container(path, b"ptau", 1, 11) as file:
        file.section(HEADER, prime, struct.pack("<2I", power, power))
        for done, (section, degree, scalars) in enumerate(_scalars(secret, power, threads)):
            if section == LAGRANGE[TAU_G1]:
                file.section(CONTRIBUTIONS, struct.pack("<I", 0))
            file.section(section, bases[degree].multiply(scalars))
            report("ptau", (done + 1) / 9)
