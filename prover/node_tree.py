"""The folder that holds the pinned Node programs: where it may be, and how it gets there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from zkpot.prover import process
from zkpot.prover.atomic import output_error
from zkpot.prover.errors import ToolMissing
from zkpot.prover.process import Progress

MANIFEST, LOCK = "package.json", "package-lock.json"
TREE_VARIABLE = "ZKPOT_NODE_TREE"
INSTALL_LIMIT_S = 900.0


@dataclass(frozen=True)
class Pin:
    """The manifest and lock file that say which programs, to the version and the digest."""

    manifest: bytes
    lock: bytes

    @property
    def versions(self) -> Mapping[str, str]:
        """Program to the one version allowed."""
        pinned: dict[str, str] = json.loads(self.manifest)["dependencies"]
        return pinned

    @property
    def digest(self) -> str:
        """Names the cache folder, so that another pin never meets this one's programs."""
        return hashlib.sha256(self.manifest + self.lock).hexdigest()[:16]


def checkout() -> Path | None:
    """The repository's root if this code runs from one (directly or as an editable install)."""
    root = Path(__file__).resolve().parent.parent
    return root if all((root / name).is_file() for name in (MANIFEST, LOCK, "setup.py")) else None


def read_pin() -> Pin:
    """From the checkout, or else from the copies that the wheel carries."""
    source = checkout() or files("zkpot.prover") / "node"
    return Pin(*((source / name).read_bytes() for name in (MANIFEST, LOCK)))


def flaw(tree: Path, pin: Pin) -> str | None:
    """Why ``tree`` doesn't hold the pinned programs; None if it does."""
    for name, version in pin.versions.items():
        try:
            found = json.loads((tree / "node_modules" / name / MANIFEST).read_bytes())["version"]
        except (OSError, ValueError, KeyError):
            return f"{name} is not installed in it"
        if found != version:
            return f"it has {name} {found}, and {version} is pinned"
    return None


def cache_tree(pin: Pin) -> Path:
    """The folder in the user's cache that belongs to this pin."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "zkpot" / f"node-{pin.digest}"


def announce(line: str) -> None:
    """The default progress: a line on standard error."""
    print(line, file=sys.stderr, flush=True)


def find_tree(pin: Pin, *, install: bool = True, progress: Progress = announce) -> Path:
    """A folder with the pinned programs: $ZKPOT_NODE_TREE, the checkout's, or the user's cache.

    The cache is filled on first use, which ``progress`` is told; with ``install`` False that is an
    error instead. Raises ToolMissing.
    """
    named = os.environ.get(TREE_VARIABLE)
    if named:
        return _require(Path(named).absolute(), pin)
    root = checkout()
    if root is not None and flaw(root, pin) is None:
        return root
    tree = cache_tree(pin)
    if flaw(tree, pin) is not None and install:
        _install(tree, pin, progress)
    return _require(tree, pin)


def _require(tree: Path, pin: Pin) -> Path:
    why = flaw(tree, pin)
    if why is None:
        return tree
    raise ToolMissing(
        f"the pinned Node programs are not in {tree}",
        why=why,
        remedy=f"run `npm ci` there, or unset {TREE_VARIABLE} and let zkpot install them",
    )


def _install(tree: Path, pin: Pin, progress: Progress) -> None:
    """Fill a temporary folder and rename it into place; one process at a time does this."""
    npm = shutil.which("npm")
    if npm is None:
        raise ToolMissing("npm", why="it is not on PATH", remedy="install Node.js 18 or later")
    wanted = ", ".join(f"{name} {version}" for name, version in pin.versions.items())
    try:
        tree.parent.mkdir(parents=True, exist_ok=True)
        with _sole_installer(tree, progress):
            if flaw(tree, pin) is None:
                return
            progress(f"zkpot: installing {wanted} into {tree} (first use; needs the npm registry)")
            with tempfile.TemporaryDirectory(dir=tree.parent, prefix="installing-") as folder:
                _npm_ci(npm, Path(folder) / "tree", pin)
                shutil.rmtree(tree, ignore_errors=True)
                os.rename(Path(folder) / "tree", tree)
            progress(f"zkpot: installed {wanted}")
    except OSError as error:
        raise output_error(tree, error) from error


def _npm_ci(npm: str, folder: Path, pin: Pin) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_bytes(pin.manifest)
    (folder / LOCK).write_bytes(pin.lock)
    what = "installing the Node programs (npm ci)"
    argv = [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = process.run(argv, cwd=folder, timeout_s=INSTALL_LIMIT_S, what=what)
    process.require_success(done, what)
    _require(folder, pin)


@contextmanager
def _sole_installer(tree: Path, progress: Progress) -> Iterator[None]:
    with tree.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("zkpot: another process is installing the Node programs; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
