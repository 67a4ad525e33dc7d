"""Calling snarkjs, and telling from messages and files what its exit code doesn't."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from zkpot.compiler.errors import InputError
from zkpot.prover import process
from zkpot.prover.errors import BadBinaryFile
from zkpot.prover.process import Completed
from zkpot.prover.toolchain import Toolchain, toolchain

HEAP_MB = 16384
"""A ceiling, not a reservation: V8's own default is too low for a large key."""

BASE_SECONDS, SECONDS_PER_MB = 120.0, 30.0
"""The time limit, from the size of the input: ten times what a slow core was seen to need."""


def call(
    args: Sequence[str | Path],
    inputs: Sequence[Path],
    tools: Toolchain | None,
    stdin: str = "",
) -> Completed:
    """Run snarkjs on absolute paths: one that began with a dash would be taken for an option.

    ``inputs`` are the files whose size sets the time limit.
    """
    seconds = BASE_SECONDS + SECONDS_PER_MB * sum(path.stat().st_size for path in inputs) / 1e6
    plain = [str(arg.absolute()) if isinstance(arg, Path) else arg for arg in args]
    return (tools or toolchain()).run(
        "snarkjs",
        plain,
        cwd=Path.cwd(),
        timeout_s=seconds,
        what=_title(args),
        heap_mb=HEAP_MB,
        stdin=stdin,
    )


def _title(args: Sequence[str | Path]) -> str:
    words = [arg for arg in args[:3] if isinstance(arg, str)]
    return " ".join(["snarkjs", *words])


def require_made(done: Completed, what: str) -> Completed:
    """Refuse a call that complained, whatever its exit code. Raises ToolFailed."""
    if "[ERROR]" in done.stdout + done.stderr:
        raise process.failure(done, f"snarkjs {what}", "it reported an error")
    return process.require_success(done, f"snarkjs {what}")


def verdict(done: Completed, what: str, *, good: str, bad: Sequence[str]) -> bool:
    """Yes or no where snarkjs said so; a call that broke is neither, and raises ToolFailed."""
    if done.returncode == 0 and good in done.stdout and "[ERROR]" not in done.stdout:
        return True
    if done.returncode == 1 and any(sign in done.stdout for sign in bad):
        return False
    raise process.failure(done, f"snarkjs {what}", "it gave no verdict")


def require_whole(check: Callable[[Path], None], path: Path, done: Completed, what: str) -> None:
    """Hold an output against its format. Raises ToolFailed."""
    try:
        check(path)
    except BadBinaryFile as error:
        raise process.failure(done, f"snarkjs {what}", error.why) from error


def read_json(path: Path) -> Any:
    """A JSON input. Raises InputError."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not JSON", why=str(error), remedy="make it again") from error


def made_json(path: Path, done: Completed, what: str) -> Any:
    """A JSON output. Raises ToolFailed."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        why = f"its output is not JSON ({error})"
        raise process.failure(done, f"snarkjs {what}", why) from error
