"""Making a circuit's keys, and taking up keys that were made before.

In every path the key files come into being in a folder of their own inside the build, are checked
there, and are moved out together, ``keys.json`` last: without it there are no keys.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from zkpot.compiler.errors import InputError
from zkpot.prover import atomic, snarkjs
from zkpot.prover.binfile import read_r1cs_header
from zkpot.prover.digest import sha256_of
from zkpot.prover.errors import KeyRefused
from zkpot.prover.manifest import (
    INITIAL_ZKEY,
    MANIFEST,
    VERIFICATION_KEY,
    ZKEY,
    KeyManifest,
    Trust,
    read_manifest,
)
from zkpot.prover.process import Progress
from zkpot.prover.ptau import require_ptau
from zkpot.prover.toolchain import Toolchain, toolchain
from zkpot.prover.transcript import read_contributions
from zkpot.prover.vkey import check_key

Beacon = tuple[str, int]
"""A public random value in hex, and the exponent of its number of hashes."""


@dataclass(frozen=True)
class Keys:
    """Keys that passed ``load_keys``. ``zkey`` is None where only the verifier's part is there."""

    manifest: KeyManifest
    vk: Mapping[str, Any]
    vk_path: Path
    zkey: Path | None


def load_keys(build_dir: Path) -> Keys:
    """The build's keys, held against the digests in its keys.json.

    Raises KeyRefused: no keys, other files than were set up, a key that ``check_key`` refuses, or
    a trust level that the files don't bear out.
    """
    manifest = read_manifest(build_dir)
    vk_path, zkey = build_dir / VERIFICATION_KEY, build_dir / ZKEY
    _require_digest(vk_path, manifest.vk_sha256)
    vk = _read_key(vk_path)
    check_key(vk)
    _require_grounds(manifest)
    if zkey.exists():
        _require_digest(zkey, manifest.zkey_sha256)
        _require_same_key(manifest, vk, zkey)
    return Keys(manifest, vk, vk_path, zkey if zkey.exists() else None)


def _read_key(path: Path) -> Any:
    try:
        return from_json(path.read_bytes())  # json would go as deep as the file, and crash
    except ValueError as error:
        raise KeyRefused(
            f"{path} is no JSON file",
            why=str(error).splitlines()[0],
            remedy="get the key again from its publisher",
        ) from error


def _require_grounds(manifest: KeyManifest) -> None:
    """``trust`` is one word in a file: it counts for no more than what the manifest shows for it.

    A manifest can still tell of contributions that nobody made. It is to come from where the
    verifier trusts; ``adopt_zkey`` checks a zkey's own list against the ptau.
    """
    secret = any(step.beacon is None for step in manifest.contributions)
    grounds = {
        Trust.DEV: True,
        Trust.CONTRIBUTED: secret and manifest.ptau_sha256 is not None,
        Trust.UNIVERSAL: False,  # Groth16 has no such keys
    }
    if not grounds[manifest.trust]:
        raise KeyRefused(
            f"{MANIFEST} calls the keys {manifest.trust}, and nothing bears it out",
            why="it names no ptau and no contribution of a secret",
            remedy="get the keys again from their publisher, or set up your own",
        )


def _require_same_key(manifest: KeyManifest, vk: Mapping[str, Any], zkey: Path) -> None:
    """The zkey's contributions speak for the verification key only if that is the zkey's own."""
    from zkpot.prover.engine.zkey import verification_key  # numba takes a second to load

    if manifest.contributions and manifest.contributions != read_contributions(zkey):
        raise KeyRefused(
            f"{MANIFEST} names other contributions than {zkey}",
            remedy="get the keys again from their publisher, or set up your own",
        )
    if verification_key(zkey) != dict(vk):
        raise KeyRefused(
            f"the verification key beside {zkey} is another key's",
            why="the two were not made together",
            remedy="get the keys again from their publisher, or set up your own",
        )


def _require_digest(path: Path, expected: str) -> None:
    if not path.is_file() or sha256_of(path) != expected:
        raise KeyRefused(
            f"{path} is not the file that {MANIFEST} names",
            why="its SHA-256 differs" if path.is_file() else "it isn't there",
            remedy="run `zkpot setup` again, or fetch the build again",
        )


def setup_dev(
    build_dir: Path,
    r1cs: Path,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> KeyManifest:
    """Keys in seconds, whose trapdoors this process has known: for trying out, trust ``dev``."""
    from zkpot.prover.engine.setup import dev_setup  # numba takes a second to load
    from zkpot.prover.engine.zkey import verification_key

    say = progress or _silent
    read_r1cs_header(r1cs)
    with _workshop(build_dir) as work:
        dev_setup(
            r1cs,
            work / ZKEY,
            threads=threads,
            progress=lambda phase, share: say(f"development setup: {phase} ({share:.0%})"),
        )
        atomic.write_json(work / VERIFICATION_KEY, verification_key(work / ZKEY))
        return _publish(work, build_dir, r1cs, Trust.DEV)


def setup_from_ptau(
    build_dir: Path,
    r1cs: Path,
    ptau: Path,
    *,
    contributions: Sequence[str],
    beacon: Beacon | None = None,
    progress: Progress | None = None,
    tools: Toolchain | None = None,
) -> KeyManifest:
    """Keys from a powers-of-tau file through snarkjs, with a contribution for each name given.

    All these contributions are made here, each with fresh randomness that nobody keeps; a party
    that trusts no one adds its own to circuit_0000.zkey's successor and hands in the result
    (``adopt_zkey``). Raises PtauError before anything runs, InputError for no contribution.
    """
    say = progress or _silent
    if not contributions:
        raise InputError(
            "a setup needs a contribution",
            why="without one anyone can forge proofs; a beacon adds no secret",
            remedy="name at least one contributor",
        )
    say(f"checking {ptau.name}")
    require_ptau(ptau, read_r1cs_header(r1cs))
    tools = tools or toolchain()
    with _workshop(build_dir) as work:
        say("setting up the initial key (groth16 setup)")
        snarkjs.groth16_setup(r1cs, ptau, work / INITIAL_ZKEY, tools=tools)
        shutil.copyfile(work / INITIAL_ZKEY, work / ZKEY)
        for name in contributions:
            say(f"contributing as {name}")
            snarkjs.zkey_contribute(work / ZKEY, work / ZKEY, name, tools=tools)
        if beacon:
            say("applying the beacon")
            snarkjs.zkey_beacon(work / ZKEY, work / ZKEY, *beacon, tools=tools)
        return _finish(work, build_dir, r1cs, ptau, say, tools)


def adopt_zkey(
    build_dir: Path,
    r1cs: Path,
    ptau: Path,
    zkey: Path,
    *,
    progress: Progress | None = None,
    tools: Toolchain | None = None,
) -> KeyManifest:
    """Keys from a zkey that others contributed to, checked against this circuit and ptau."""
    require_ptau(ptau, read_r1cs_header(r1cs))
    with _workshop(build_dir) as work:
        try:
            shutil.copyfile(zkey, work / ZKEY)
        except OSError as error:
            raise atomic.output_error(build_dir / ZKEY, error) from error
        return _finish(work, build_dir, r1cs, ptau, progress or _silent, tools or toolchain())


def _finish(
    work: Path, build_dir: Path, r1cs: Path, ptau: Path, say: Progress, tools: Toolchain
) -> KeyManifest:
    """Check a phase-2 key with snarkjs, demand a secret contribution, and publish it."""
    say("verifying the key against circuit and powers of tau (zkey verify)")
    if not snarkjs.zkey_verify(r1cs, ptau, work / ZKEY, tools=tools):
        raise KeyRefused(
            "the key does not verify",
            why="snarkjs finds it inconsistent with the circuit, the ptau or its contributions",
            remedy="run the setup again; if a contribution came from elsewhere, ask for it again",
        )
    if all(step.beacon is not None for step in read_contributions(work / ZKEY)):
        raise KeyRefused(
            "the key is forgeable",
            why="nobody contributed a secret to it; a beacon is public",
            remedy="add a contribution before the beacon",
        )
    snarkjs.export_verification_key(work / ZKEY, work / VERIFICATION_KEY, tools=tools)
    return _publish(work, build_dir, r1cs, Trust.CONTRIBUTED, ptau, tools)


def _publish(
    work: Path,
    build_dir: Path,
    r1cs: Path,
    trust: Trust,
    ptau: Path | None = None,
    tools: Toolchain | None = None,
) -> KeyManifest:
    vk = work / VERIFICATION_KEY
    check_key(json.loads(vk.read_bytes()))
    manifest = KeyManifest(
        trust=trust,
        r1cs_sha256=sha256_of(r1cs),
        zkey_sha256=sha256_of(work / ZKEY),
        vk_sha256=sha256_of(vk),
        ptau_sha256=sha256_of(ptau) if ptau else None,
        tools=dict(tools.versions) if tools else {},
        contributions=read_contributions(work / ZKEY) if ptau else (),
    )
    (build_dir / MANIFEST).unlink(missing_ok=True)
    for name in (INITIAL_ZKEY, ZKEY, VERIFICATION_KEY):
        if (work / name).exists():
            os.replace(work / name, build_dir / name)
        else:
            (build_dir / name).unlink(missing_ok=True)
    atomic.write_json(build_dir / MANIFEST, manifest.model_dump(mode="json"))
    return manifest


@contextmanager
def _workshop(build_dir: Path) -> Iterator[Path]:
    """A folder inside the build, so that moving out of it is a rename; gone afterwards."""
    try:
        build_dir.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".setup-", dir=build_dir)
    except OSError as error:
        raise atomic.output_error(build_dir, error) from error
    with folder as name:
        yield Path(name)


def _silent(_line: str) -> None:
    """The progress of a caller who wants none."""
