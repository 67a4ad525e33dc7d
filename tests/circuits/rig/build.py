"""Compiled circuits, kept on disk under the digest of every source that they were made from."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Literal

from zkpot.prover.circom import compile_circuit
from zkpot.prover.toolchain import toolchain

from .equations import Equations

CACHE = Path(__file__).parents[3] / "build" / "test-circuits"
_INCLUDE = re.compile(r'^include "([^"]+)";', re.M)
_ANONYMOUS = re.compile(r"\b(\w+_\d+_\d+)(?=[.\[])")


@dataclass(frozen=True)
class Built:
    """A compiled circuit's folder."""

    folder: Path

    @property
    def wasm(self) -> Path:
        return self.folder / "main_js" / "main.wasm"

    @cached_property
    def names(self) -> dict[str, int]:
        """Wire of every signal, or -1 where the compiler substituted it away."""
        text = stable_names((self.folder / "main.sym").read_text())
        rows = (line.split(",") for line in text.splitlines())
        return {name: int(wire) for _, wire, _, name in rows}

    @cached_property
    def wires(self) -> dict[int, str]:
        """A name of every wire."""
        return {wire: name for name, wire in reversed(self.names.items()) if wire >= 0}

    @cached_property
    def equations(self) -> Equations:
        return Equations.read(self.folder / "main.r1cs")


def stable_names(text: str) -> str:
    """Anonymous components renamed by order: Circom names them by their place in the file."""
    seen: dict[str, dict[str, int]] = {}

    def renamed(match: re.Match[str]) -> str:
        stem = match[1].rsplit("_", 2)[0]
        known = seen.setdefault(stem, {})
        return f"{stem}#{known.setdefault(match[1], len(known))}"

    return _ANONYMOUS.sub(renamed, text)


@cache
def library() -> Mapping[str, str]:
    """The text of every file in circuits/, by its include path."""
    root = Path(str(files("zkpot.circuits")))
    return {p.relative_to(root).as_posix(): p.read_text() for p in sorted(root.rglob("*.circom"))}


def included(main: str, sources: Mapping[str, str]) -> dict[str, str]:
    """The part of ``sources`` that ``main`` needs, by include path."""
    found: dict[str, str] = {}
    waiting = [("", path) for path in _INCLUDE.findall(main)]
    while waiting:
        folder, path = waiting.pop()
        parts: list[str] = []
        for part in [*folder.split("/"), *path.split("/")]:
            parts = parts[:-1] if part == ".." else [*parts, part] if part else parts
        name = "/".join(parts)
        if name not in sources:
            name = path
        if name not in found:
            found[name] = sources[name]
            waiting += [("/".join(name.split("/")[:-1]), p) for p in _INCLUDE.findall(found[name])]
    return dict(sorted(found.items()))


_built: dict[str, Built] = {}


def compiled(
    main: str,
    sources: Mapping[str, str] | None = None,
    *,
    optimize: Literal["O0", "O1", "O2"] = "O1",
) -> Built:
    """``main`` compiled against ``sources`` (by default the library as it is)."""
    used = included(main, library() if sources is None else sources)
    parts = [toolchain().versions["circom2"], optimize, main, *used.keys(), *used.values()]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
    if key not in _built:
        folder = CACHE / key
        if not folder.is_dir():
            _compile(main, used, optimize, folder)
        _built[key] = Built(folder)
    return _built[key]


def _compile(
    main: str, used: Mapping[str, str], optimize: Literal["O0", "O1", "O2"], target: Path
) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="part-") as name:
        work = Path(name)
        (work / "library").mkdir()
        for path, text in used.items():
            place = work / "library" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (work / "main.circom").write_text(main)
        compile_circuit(work / "main.circom", work / "library", work / "out", optimize=optimize)
        try:
            (work / "out").rename(target)
        except OSError:  # another worker was first; its files are the same
            if not target.is_dir():
                raise
            shutil.rmtree(work / "out")
