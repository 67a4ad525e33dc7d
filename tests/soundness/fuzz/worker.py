"""One target's run in a process of its own, so that limits bind and a dead process is seen.

``python -m fuzz.worker TARGET FOLDER SEED EXECUTIONS``: replays the corpus, then makes that many
executions more. The last line of its output is a JSON object, see `Run` in process.py; FOLDER holds
the input that was read last, and those that crashed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from itertools import islice
from pathlib import Path
from random import Random

from .engine import Execution, Fuzzer
from .guard import limit_memory
from .target import corpus, target


def ready(name: str, folder: Path) -> Fuzzer:
    """The fuzzer of a target in this process, whose memory is limited from now on."""
    chosen = target(name)
    (folder / "fixed").mkdir(parents=True, exist_ok=True)
    (folder / "read").mkdir(exist_ok=True)
    reader = chosen.prepare(folder / "fixed")
    fuzzer = Fuzzer(chosen, reader, folder / "read" / chosen.file)
    for data in corpus(name).values():
        fuzzer.warm(data)
    limit_memory()
    return fuzzer


def keep(folder: Path, data: bytes, execution: Execution) -> str:
    """Writes down an input that crashed, and what came of it; its path and the crash."""
    path = folder / "crashes" / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(f"{execution.place}\n{execution.crash}")
    return f"{path}: {execution.place}"


def main(name: str, folder: Path, seed: int, executions: int) -> None:
    """Replays, explores, and prints."""
    fuzzer = ready(name, folder)
    crashed: dict[str, list[str]] = {"replayed": [], "explored": []}
    kept = [(data, fuzzer.take(data)) for data in corpus(name).values()]
    explored = islice(fuzzer.explore(Random(f"{name} {seed}")), executions)
    accepted = sum(execution.accepted for _, execution in kept)
    for part, runs in (("replayed", kept), ("explored", explored)):
        for data, execution in runs:
            if execution.crash is not None:
                crashed[part].append(keep(folder, data, execution))
    print(json.dumps({"replayed": len(kept), "accepted": accepted, "crashed": crashed}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
