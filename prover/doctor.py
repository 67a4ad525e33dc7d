"""Looks at everything that zkpot needs of a machine, and says what to do where it lacks."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from zkpot.compiler.errors import ZkpotError

from .node_tree import TREE_VARIABLE, cache_tree, checkout, flaw, read_pin
from .toolchain import find_toolchain

PACKAGES = (
    "zkpot",
    "numpy",
    "onnx",
    "onnxruntime",
    "numba",
    "click",
    "rich",
    "pydantic",
    "cryptography",
)
LITTLE_MEMORY, ENOUGH_MEMORY = 1 << 30, 3 << 30
LITTLE_DISK, ENOUGH_DISK = 1 << 28, 2 << 30
MEMINFO = Path("/proc/meminfo")


class Health(StrEnum):
    """``warn``: slower, or only some things work; ``fail``: the main job doesn't."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``remedy`` is empty where nothing has to be done."""

    name: str
    health: Health
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All findings, in a fixed order."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing failed."""
        return all(f.health is not Health.FAIL for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every finding."""
        return {"healthy": self.healthy, "findings": [asdict(f) for f in self.findings]}


def diagnose(folder: Path) -> Diagnosis:
    """Looks at this machine; ``folder`` is where builds would be written. Installs nothing."""
    return Diagnosis(tuple(_findings(folder)))


def _findings(folder: Path) -> Iterator[Finding]:
    yield _python()
    yield from _node_tools()
    yield from map(_package, PACKAGES)
    yield _kernels()
    yield _processor()
    yield _threads()
    yield _memory()
    yield _disk("disk for builds", folder)
    yield _disk("disk for temporary files", Path(tempfile.gettempdir()))


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", Health.OK, f"{found} at {sys.executable}")


def _node_tools() -> Iterator[Finding]:
    """Node itself, then the pinned programs."""
    path = shutil.which("node")
    if path is None:
        remedy = "install Node.js 18 or later and put it on PATH"
        yield Finding("node", Health.FAIL, "not on PATH", remedy)
        return
    yield Finding("node", Health.OK, path)
    yield _pinned()


def _pinned() -> Finding:
    name = "circom2 and snarkjs"
    try:
        tools = find_toolchain(install=False)
    except ZkpotError as error:
        return _missing(name, error)
    found = ", ".join(f"{tool} {number}" for tool, number in tools.versions.items())
    return Finding(name, Health.OK, f"{found} in {tools.tree}")


def _missing(name: str, error: ZkpotError) -> Finding:
    pin = read_pin()
    installable = not os.environ.get(TREE_VARIABLE) and flaw(cache_tree(pin), pin) is not None
    node_is_new = "too old" not in error.what
    if installable and node_is_new and shutil.which("npm"):
        remedy = "run `npm ci` in the checkout" if checkout() else "none: the first use installs it"
        return Finding(name, Health.WARN, f"{error.what}: {error.why}", remedy)
    return Finding(name, Health.FAIL, f"{error.what}: {error.why}", error.remedy)


def _package(name: str) -> Finding:
    try:
        return Finding(name, Health.OK, version(name))
    except PackageNotFoundError:
        remedy = f"run `pip install {name}`"
        return Finding(name, Health.FAIL, "not installed", remedy)


def _kernels() -> Finding:
    """numba's cache: without it every process compiles the field arithmetic again."""
    from .engine.curve import is_on_curve

    name, folder = "numba cache", Path(is_on_curve.stats.cache_path or "/nowhere")
    if not _writable(folder):
        remedy = "set NUMBA_CACHE_DIR to a folder that only you can write to"
        detail = f"{folder} can't be written: every setup compiles its arithmetic first"
        return Finding(name, Health.WARN, detail, remedy)
    filled = folder.is_dir() and any(folder.rglob("*.nbi"))
    return Finding(name, Health.OK, f"{folder} ({'filled' if filled else 'empty'})")


def _writable(folder: Path) -> bool:
    nearest = next(p for p in (folder, *folder.parents) if p.exists())
    return os.access(nearest, os.W_OK | os.X_OK)


def _processor() -> Finding:
    from zkpot.compiler.frontend.processor import processor

    found = processor()
    flags = found.flags or ()
    exact = any("vnni" in flag or "amx" in flag for flag in flags)
    if "avx2" in flags and not exact:
        detail = f"{found}: onnxruntime's 8-bit kernels saturate for weights beyond [-64, 63]"
        remedy = "none for models from `zkpot quantize`; `zkpot check` tells for any other"
        return Finding("processor", Health.WARN, detail, remedy)
    return Finding("processor", Health.OK, str(found))


def _threads() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding("threads", Health.OK, str(count or 1))


def _memory() -> Finding:
    try:
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return Finding("memory", Health.OK, "not told by this system")
    remedy = "100,000 constraints take about 0.6 GB: see `zkpot estimate`"
    return _amount("memory", free, "available", LITTLE_MEMORY, ENOUGH_MEMORY, remedy)


def _disk(name: str, folder: Path) -> Finding:
    nearest = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(nearest).free
    remedy = "free some, or choose another folder (TMPDIR for temporary files)"
    return _amount(name, free, f"free at {nearest}", LITTLE_DISK, ENOUGH_DISK, remedy)


def _amount(name: str, found: int, where: str, little: int, enough: int, remedy: str) -> Finding:
    health = Health.FAIL if found < little else Health.WARN if found < enough else Health.OK
    detail = f"{found / 1e9:.1f} GB {where}"
    return Finding(name, health, detail, "" if health is Health.OK else remedy)
