"""Starts the worker of a target, and reads what it says or how it died."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOUNDNESS = Path(__file__).parent.parent
TIMEOUT_S = 1200.0
"""For a native call that never comes back: the limits inside the process can't end that."""


@dataclass(frozen=True)
class Run:
    """``replayed``: inputs of the corpus, of which ``accepted`` gave no error at all; ``crashed``:
    for those and for the new executions, each crash in a line."""

    replayed: int
    accepted: int
    crashed: dict[str, list[str]]


class Died(AssertionError):
    """The worker ended without a word: a crash of native code, or no end at all."""


def fuzz(name: str, folder: Path, seed: int, executions: int) -> Run:
    """Replays a target's corpus and makes ``executions`` more. Raises Died."""
    command = [sys.executable, "-m", "fuzz.worker", name, folder, seed, executions]
    environment = {**os.environ, "PYTHONPATH": str(SOUNDNESS), "PYTHONHASHSEED": "0"}
    last = f"the last input is in {folder / 'read'}"
    try:
        done = subprocess.run(
            list(map(str, command)),
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise Died(f"{name} doesn't end; {last}") from error
    if done.returncode:
        raise Died(f"{name} died with code {done.returncode}; {last}\n{done.stderr[-2000:]}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))
