"""Which way to keys a user asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zkpot.compiler.errors import InputError

from .audit import audit_circuit
from .build import R1CS, open_build
from .keys import Beacon, adopt_zkey, setup_dev, setup_from_ptau
from .manifest import KeyManifest
from .process import Progress

CONTRIBUTOR = "zkpot"


@dataclass(frozen=True)
class Ceremony:
    """A setup through snarkjs; with ``zkey``, the taking up of one that was made elsewhere."""

    ptau: Path | None = None
    contributions: tuple[str, ...] = ()
    beacon: Beacon | None = None
    zkey: Path | None = None


@dataclass(frozen=True)
class MadeKeys:
    """Keys, and the circuit that they are for."""

    circuit_id: str
    manifest: KeyManifest


def make_keys(
    folder: Path,
    ceremony: Ceremony,
    *,
    dev: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> MadeKeys:
    """Keys for the build in ``folder``: a development setup, or ``ceremony``.

    Raises InputError for options that contradict each other, before anything is done.
    """
    _refuse_contradictions(ceremony, dev)
    build = open_build(folder)
    audit_circuit(build, progress)
    r1cs = build.file(R1CS)
    if dev:
        manifest = setup_dev(folder, r1cs, threads=threads, progress=progress)
    else:
        manifest = _through_snarkjs(folder, r1cs, ceremony, progress)
    return MadeKeys(build.circuit.id, manifest)


def _through_snarkjs(
    folder: Path, r1cs: Path, ceremony: Ceremony, progress: Progress | None
) -> KeyManifest:
    assert ceremony.ptau is not None
    if ceremony.zkey is not None:
        return adopt_zkey(folder, r1cs, ceremony.ptau, ceremony.zkey, progress=progress)
    return setup_from_ptau(
        folder,
        r1cs,
        ceremony.ptau,
        contributions=ceremony.contributions or (CONTRIBUTOR,),
        beacon=ceremony.beacon,
        progress=progress,
    )


def _refuse_contradictions(ceremony: Ceremony, dev: bool) -> None:
    if dev and ceremony != Ceremony():
        raise InputError(
            "--dev goes with no other source of keys",
            why="a development setup takes no ptau, contribution, beacon or zkey",
            remedy="leave out --dev, or all of these",
        )
    if not dev and ceremony.ptau is None:
        raise InputError(
            "a setup needs --ptau FILE, or --dev",
            why="keys that count come from powers of tau that nobody knows the secret of",
            remedy="fetch a prepared ptau (zkpot estimate names the power), or try --dev",
        )
    if ceremony.zkey is not None and (ceremony.contributions or ceremony.beacon):
        raise InputError(
            "--zkey goes with no contribution or beacon",
            why="a key that is taken up stays as it is",
            remedy="leave them out, or add them to the key with snarkjs first",
        )
