"""What a contributor checks of a publisher's build before any weight goes near it.

A doctored WASM could print weights, a doctored key could unblind proofs: so the R1CS and the WASM
are compiled again from the architecture and compared, and the key is held against that R1CS.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from zkpot.compiler.emit import emit
from zkpot.compiler.errors import InputError

from . import atomic
from .build import R1CS, SOURCE, WASM, Build, compile_source
from .digest import sha256_of
from .keys import Keys
from .process import Progress


def _memory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "zkpot" / "audited"


def remember_compiled(build: Build) -> None:
    """Notes that this machine compiled the build's files itself from the circuit they are for."""
    note = {name: build.record.files[name] for name in (SOURCE, R1CS, WASM)}
    atomic.write_json(_memory() / f"{build.circuit.id}.json", note)


def _compiled_here(build: Build) -> dict[str, str]:
    """Digests of this circuit's files, as compiled on this machine."""
    note = _memory() / f"{build.circuit.id}.json"
    try:
        loaded = json.loads(note.read_text())
        if loaded.get(SOURCE) == _source_digest(build):
            return {str(k): str(v) for k, v in loaded.items()}
    except (OSError, ValueError, AttributeError):
        pass
    return {}


def _source_digest(build: Build) -> str:
    import hashlib

    return hashlib.sha256(emit(build.circuit).text.encode()).hexdigest()


def audit_circuit(build: Build, progress: Progress | None = None) -> None:
    """Refuses a build whose R1CS or WASM is not what the architecture compiles to, here."""
    expected = _compiled_here(build)
    if not expected:
        with tempfile.TemporaryDirectory(prefix="zkpot-audit-") as name:
            work = Path(name)
            compile_source(build.circuit, work, progress)
            expected = {file: sha256_of(work / file) for file in (SOURCE, R1CS, WASM)}
        atomic.write_json(_memory() / f"{build.circuit.id}.json", expected)
    for file, digest in expected.items():
        if sha256_of(build.file(file)) != digest:
            raise InputError(
                f"{build.folder / file} is not what this architecture compiles to",
                why="it was compiled again on this machine, and the result differs",
                remedy="don't prove with this build: a doctored circuit can leak the weights",
            )


def audit_keys(build: Build, keys: Keys) -> Path:
    """Refuses a proving key that is not for this circuit or is degenerate; gives its path."""
    from .engine.r1cs import read_r1cs  # numba takes a second to load
    from .engine.zkey_check import check_zkey

    if keys.manifest.r1cs_sha256 != build.record.files[R1CS]:
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
