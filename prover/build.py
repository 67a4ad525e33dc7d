"""A BUILD folder: a model compiled for n samples, with a manifest of every file in it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from zkpot.compiler.circuit import Circuit
from zkpot.compiler.emit import emit
from zkpot.compiler.errors import InputError, ZkpotError
from zkpot.compiler.record import from_record

from . import atomic
from .circom import compile_circuit
from .digest import sha256_of
from .errors import KeyRefused
from .manifest import INITIAL_ZKEY, MANIFEST, VERIFICATION_KEY, ZKEY, read_manifest
from .process import Progress
from .toolchain import toolchain

NAME = "circuit"
RECORD = "circuit.json"
SOURCE = f"{NAME}.circom"
R1CS, SYM, WASM = f"{NAME}.r1cs", f"{NAME}.sym", f"{NAME}_js/{NAME}.wasm"
ARCHITECTURE = "architecture.onnx"
OPTIMIZE: Final = "O1"


class Record(BaseModel):
    """The content of circuit.json. ``files``: SHA-256 of each file, by its name in the build."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["zkpot-circuit/1"] = "zkpot-circuit/1"
    circuit_id: str
    input_shape: tuple[int, ...]
    circuit: dict[str, Any]
    constraints: int
    public_signals: int
    files: dict[str, str]
    tools: dict[str, str]


@dataclass(frozen=True)
class Build:
    """An opened BUILD folder. ``circuit`` was lowered anew from the record, not believed."""

    folder: Path
    record: Record
    circuit: Circuit

    def file(self, name: str) -> Path:
        """The path of one of the build's files, its digest checked."""
        path = self.folder / name
        if not path.is_file() or sha256_of(path) != self.record.files.get(name):
            raise InputError(
                f"{path} is not the file that {RECORD} names",
                why="its SHA-256 differs" if path.is_file() else "it isn't there",
                remedy="run `zkpot compile` again, or fetch the build again",
            )
        return path

    def refuse_changes(self) -> None:
        """InputError if the source, R1CS or WASM is here and isn't the one that was compiled.

        A verifier needs none of them. But what it says of a circuit must not be read as said of
        other files that lie beside it.
        """
        for name in (SOURCE, R1CS, WASM):
            if (self.folder / name).exists():
                self.file(name)


def open_build(folder: Path) -> Build:
    """Reads a build's record. Raises InputError for a folder that holds none."""
    path = folder / RECORD
    try:
        record = Record.model_validate_json(path.read_bytes())
        circuit = from_record(record.circuit)
    except OSError as error:
        raise InputError(
            f"{folder} is no build",
            why=f"{RECORD} can't be read: {error.strerror}",
            remedy=f"make one with `zkpot compile MODEL.onnx --samples N --out {folder}`",
        ) from error
    except (
        ValidationError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        AssertionError,
        StopIteration,
    ) as error:
        raise InputError(
            f"{path} is not a circuit record",
            why=str(error).splitlines()[0] if str(error) else type(error).__name__,
            remedy="run `zkpot compile` again",
        ) from error
    if circuit.id != record.circuit_id:
        raise InputError(
            f"{path} names circuit {record.circuit_id[:16]}…, but describes {circuit.id[:16]}…",
            why="it was changed, or made by another version of zkpot",
            remedy="run `zkpot compile` again with this version",
        )
    return Build(folder, record, circuit)


def compile_source(circuit: Circuit, out: Path, progress: Progress | None = None) -> None:
    """Emits and compiles ``circuit`` into the folder ``out``."""
    atomic.write_bytes(out / SOURCE, emit(circuit).text.encode())
    with as_file(files("zkpot.circuits")) as library:
        compile_circuit(out / SOURCE, library, out, optimize=OPTIMIZE, progress=progress)


def write_build(
    circuit: Circuit,
    input_shape: tuple[int, ...],
    architecture: bytes,
    folder: Path,
    progress: Progress | None = None,
) -> Build:
    """Compiles ``circuit`` and writes the whole build, or nothing.

    ``architecture``: the model without its weights, which contributors quantize for.
    """
    with _workshop(folder) as work:
        compile_source(circuit, work, progress)
        atomic.write_bytes(work / ARCHITECTURE, architecture)
        record = _record(circuit, input_shape, work)
        atomic.write_json(work / RECORD, record.model_dump(mode="json"))
        _move(work, folder, record)
    return Build(folder, record, circuit)


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder``, so that moving out of it is a rename; gone afterwards."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent)
    except OSError as error:
        raise atomic.output_error(folder, error) from error
    with workshop as name:
        yield Path(name)


def _record(circuit: Circuit, input_shape: tuple[int, ...], work: Path) -> Record:
    from .engine.r1cs import r1cs_info  # numba takes a second to load

    info = r1cs_info(work / R1CS)
    if info.public_outputs + info.public_inputs != circuit.public_signals:
        raise ZkpotError(
            f"the compiled circuit has {info.public_outputs + info.public_inputs} public signals",
            why=f"{circuit.public_signals} were planned",
        )
    made = sorted(p.relative_to(work).as_posix() for p in work.rglob("*") if p.is_file())
    return Record(
        circuit_id=circuit.id,
        input_shape=input_shape,
        circuit=json.loads(json.dumps(circuit.to_json())),
        constraints=info.constraints,
        public_signals=circuit.public_signals,
        files={name: sha256_of(work / name) for name in made},
        tools={"zkpot": version("zkpot"), **toolchain().versions, "optimize": OPTIMIZE},
    )


KEY_FILES = (MANIFEST, VERIFICATION_KEY, ZKEY, INITIAL_ZKEY)


def _has_keys(folder: Path, record: Record) -> bool:
    """Whether the keys in ``folder`` are for the circuit that is moving in: compiling repeats."""
    try:
        return read_manifest(folder).r1cs_sha256 == record.files[R1CS]
    except KeyRefused:
        return False


def _move(work: Path, folder: Path, record: Record) -> None:
    """Puts the finished build in place; keys of another circuit there would be misleading."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (RECORD, *(() if _has_keys(folder, record) else KEY_FILES)):
            (folder / name).unlink(missing_ok=True)
        for path in sorted(work.rglob("*"), key=lambda p: p.name == RECORD):
            if path.is_file():
                target = folder / path.relative_to(work)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, target)
    except OSError as error:
        raise atomic.output_error(folder, error) from error
