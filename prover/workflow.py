"""Committing, proving and verifying from files to files, as the command line does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD

from . import atomic
from .build import Build, open_build
from .bundle import read_bundle, write_bundle
from .context import Context
from .dataset import Dataset, load_samples, prepared
from .keys import Keys, load_keys
from .manifest import Trust
from .process import Progress
from .prove import Proved, prove
from .secret import Secret, commit, matching_model, read_secret, write_secret
from .verify import Pins, Verified, Verifier


@dataclass(frozen=True)
class Task:
    """A build with its keys."""

    build: Build
    keys: Keys

    @property
    def trust(self) -> Trust:
        """Who could forge proofs under the keys."""
        return self.keys.manifest.trust


def open_task(folder: Path) -> Task:
    """The build in ``folder`` with its keys. Raises InputError, KeyRefused."""
    return Task(open_build(folder), load_keys(folder))


def read_test_set(build: Build, data: Path) -> Dataset:
    """The labelled samples in ``data``, held against what ``build`` takes. Raises InputError."""
    circuit = build.circuit
    return prepared(
        load_samples(data),
        build.record.input_shape,
        circuit.model.quantization,
        circuit.classes,
        circuit.samples,
    )


def commit_file(folder: Path, model: Path, out: Path) -> Secret:
    """Commits to the weights in ``model`` for the build in ``folder``; writes the secret ``out``.

    Raises InputError: another architecture, weights that could overflow, an ``out`` that exists.
    """
    build = open_build(folder)
    secret = commit(build, matching_model(build, model))
    write_secret(out, secret)
    return secret


def prove_file(
    folder: Path,
    model: Path,
    data: Path,
    context: Context,
    out: Path,
    *,
    secret: Path | None = None,
    allow_duplicates: bool = False,
    progress: Progress | None = None,
) -> Proved:
    """Proves how many of the samples in ``data`` are classified correctly; writes the bundle.

    ``secret``: of the registered commitment; without one the proof commits for the first time.
    """
    task = open_task(folder)
    imported = matching_model(task.build, model)
    dataset = read_test_set(task.build, data)
    salt = None if secret is None else int(read_secret(secret, task.build, imported).salt)
    proved = prove(
        task.build,
        task.keys,
        imported,
        dataset,
        context,
        salt=salt,
        allow_duplicates=allow_duplicates,
        progress=progress,
    )
    write_bundle(out, proved.bundle)
    return proved


def verify_file(
    bundle: Path,
    folder: Path,
    data: Path,
    context: Context,
    *,
    allow_dev: bool = False,
    cm: int | None = None,
    pins: Pins | None = None,
) -> Verified:
    """What the proof in ``bundle`` shows. Raises the InvalidProof that applies, or InputError.

    ``cm``: the registered commitment. ``pins``: the circuit and key that were announced.
    """
    task = open_task(folder)
    verifier = Verifier(task.build, task.keys, allow_dev=allow_dev, pins=pins)
    dataset = read_test_set(task.build, data)
    return verifier.verify(read_bundle(bundle), dataset, context, cm=cm)


def export_file(bundle: Path, out: Path) -> tuple[Path, Path]:
    """Writes snarkjs's proof.json and public.json into the folder ``out``; gives their paths.

    ``snarkjs groth16 verify`` then checks the pairing, and nothing about data or context.
    """
    read = read_bundle(bundle)
    contents: dict[str, Any] = {"proof.json": read.proof, "public.json": read.public}
    for name, content in contents.items():
        atomic.write_json(out / name, content)
    return out / "proof.json", out / "public.json"


def parse_commitment(text: str, flag: str) -> int:
    """A commitment as `zkpot commit` prints it. Raises InputError."""
    if not (text.isdecimal() and text.isascii() and len(text) <= len(str(FIELD))):
        raise InputError(
            f"{flag} {text!r} is no commitment",
            why=f"it is a decimal number of at most {len(str(FIELD))} digits",
            remedy="copy what `zkpot commit` printed",
        )
    return int(text)
