"""What a contributor checks of a publisher's build before any weight goes near it.

A doctored WASM could print weights, a doctored key could unblind proofs: so the R1CS and the WASM
are compiled again from the architecture and compared, and the key is held against that R1CS.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path

from zkpot.compiler.emit import emit
from zkpot.compiler.errors import InputError

from . import atomic
from .build import OPTIMIZE, R1CS, SOURCE, WASM, Build, compile_source
from .digest import sha256_of
from .errors import OutputError
from .keys import Keys
from .process import Progress
from .toolchain import toolchain


def _note(build: Build) -> Path:
    """Where this machine keeps the digests of what it compiled itself from ``build``'s circuit.

    The name covers all that decides the outcome: the emitted text, the library, and the compiler.
    """
    digest = hashlib.sha256(emit(build.circuit).text.encode())
    with as_file(files("zkpot.circuits")) as library:
        for path in sorted(library.rglob("*.circom")):
            digest.update(path.relative_to(library).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(f"{toolchain().versions['circom2']} {OPTIMIZE}".encode())
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "zkpot" / "audited" / f"{digest.hexdigest()}.json"


def _remember(note: Path, digests: dict[str, str]) -> None:
    """Without a folder to remember in, the next proof compiles again; nothing else is lost."""
    with suppress(OutputError):
        atomic.write_json(note, digests)


def remember_compiled(build: Build) -> None:
    """Notes that this machine compiled the build's files itself from the circuit they are for."""
    _remember(_note(build), {name: build.record.files[name] for name in (SOURCE, R1CS, WASM)})


def _compiled_here(note: Path) -> dict[str, str]:
    """Digests of the circuit's files, as compiled on this machine; empty if they never were."""
    try:
        noted = json.loads(note.read_bytes())
        return {name: str(noted[name]) for name in (SOURCE, R1CS, WASM)}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def audit_circuit(build: Build, progress: Progress | None = None) -> None:
    """Refuses a build whose R1CS or WASM is not what the architecture compiles to, here."""
    note = _note(build)
    expected = _compiled_here(note)
    if not expected:
        with tempfile.TemporaryDirectory(prefix="zkpot-audit-") as name:
            work = Path(name)
            compile_source(build.circuit, work, progress)
            expected = {file: sha256_of(work / file) for file in (SOURCE, R1CS, WASM)}
        _remember(note, expected)
    for file, digest in expected.items():
        if sha256_of(build.file(file)) != digest:
            raise InputError(
                f"{build.folder / file} is not what this architecture compiles to",
                why="it was compiled again on this machine, and the result differs",
                remedy="don't use this build: a doctored circuit can leak weights or prove lies",
            )


def audit_keys(build: Build, keys: Keys) -> Path:
    """Refuses a proving key that is not for this circuit or is degenerate; gives its path."""
    from .engine.r1cs import read_r1cs  # numba takes a second to load
    from .engine.zkey_check import check_zkey

    if keys.manifest.r1cs_sha256 != build.record.files.get(R1CS):
        raise InputError(
            f"the keys in {build.folder} are for another circuit",
            why="keys.json names another r1cs",
            remedy="run `zkpot setup` for this build, or fetch it again",
        )
    if keys.zkey is None:
        raise InputError(
            f"{build.folder} has no proving key",
            why="circuit_final.zkey isn't there",
            remedy="fetch the whole build, or run `zkpot setup`",
        )
    check_zkey(keys.zkey, read_r1cs(build.file(R1CS)))
    return keys.zkey
