"""Circom and snarkjs as programs: found once, at their pinned versions, run by Node."""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zkpot.prover import process
from zkpot.prover.errors import ToolMissing
from zkpot.prover.node_tree import TREE_VARIABLE, announce, find_tree, read_pin
from zkpot.prover.process import Completed, Progress

OLDEST_NODE = 18
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_QUIET = {"NO_COLOR": "1"}
_DECIDES = (TREE_VARIABLE, "PATH", "XDG_CACHE_HOME", "HOME")


@dataclass(frozen=True)
class Toolchain:
    """The pinned programs. ``tree``: their folder. ``versions``: of node, circom2 and snarkjs."""

    tree: Path
    node: str
    versions: Mapping[str, str]

    def run(
        self,
        tool: str,
        args: Sequence[str | Path],
        *,
        cwd: Path,
        timeout_s: float,
        what: str,
        heap_mb: int | None = None,
        stdin: str = "",
    ) -> Completed:
        """TOOL ARGS in ``cwd``, with the program from ``tree`` and no other.

        Not through npx, which reads settings of the folder it is in and takes longer than most of
        the work. As ``process.run``; colours are taken out of what the tool printed.
        """
        program = self.tree / "node_modules" / ".bin" / tool
        argv = [self.node, str(program), *map(str, args)]
        done = process.run(
            argv, cwd=cwd, timeout_s=timeout_s, what=what, heap_mb=heap_mb, env=_QUIET, stdin=stdin
        )
        plain = [_ANSI.sub("", text) for text in (done.stdout, done.stderr)]
        return Completed(plain[0], plain[1], done.returncode, done.cpu_s, done.peak_rss)


def find_toolchain(*, install: bool = True, progress: Progress = announce) -> Toolchain:
    """Find Node and the pinned tree, installing the latter on first use unless told not to.

    Raises ToolMissing: no node on PATH, node older than 18, no tree to be had.
    """
    node = _program("node")
    version = _node_version(node)
    pin = read_pin()
    tree = find_tree(pin, install=install, progress=progress)
    return Toolchain(tree, node, {"node": version, **pin.versions})


def toolchain() -> Toolchain:
    """``find_toolchain()``, looked for once in each environment."""
    return _remembered(tuple(os.environ.get(name) for name in _DECIDES))


@functools.cache
def _remembered(_environment: tuple[str | None, ...]) -> Toolchain:
    return find_toolchain()


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ToolMissing(
            f"{name} was not found",
            why="it is not on PATH",
            remedy=f"install Node.js {OLDEST_NODE} or later, which brings npm",
        )
    return path


def _node_version(node: str) -> str:
    what = "node --version"
    done = process.run([node, "--version"], cwd=Path.cwd(), timeout_s=60, what=what)
    version = process.require_success(done, what).stdout.strip().removeprefix("v")
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise ToolMissing(
            f"node {version or '(unknown)'} is too old",
            why=f"circom2 and snarkjs need {OLDEST_NODE} or later",
            remedy=f"install Node.js {OLDEST_NODE} or later and put it first on PATH",
        )
    return version
