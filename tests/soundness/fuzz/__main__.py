"""By hand: explore a target for some minutes, or reduce its corpus.

``PYTHONPATH=tests/soundness python -m fuzz explore TARGET FOLDER SEED MINUTES``
``PYTHONPATH=tests/soundness python -m fuzz reduce TARGET FOLDER``

What exploring finds goes to FOLDER: to crashes/ (one a place) and to new/, from which it starts
too. Reducing rewrites the corpus with what is in new/; files with a name of their own stay.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from random import Random

from .engine import smallest_cover
from .target import CORPUS, corpus
from .worker import keep, ready

AUTOMATIC = "reaches-"
"""How the names of inputs begin that are kept for their coverage alone."""


def explore(name: str, folder: Path, seed: int, minutes: float) -> None:
    """Explores, and tells what it finds."""
    fuzzer, places, end = ready(name, folder), set[str](), time.monotonic() + 60 * minutes
    for data in corpus(name).values():
        fuzzer.take(data)
    known, count = len(fuzzer.corpus), 0
    for path in sorted((folder / "new").glob("*")):
        fuzzer.take(path.read_bytes())
    for data, execution in fuzzer.explore(Random(seed)):
        count += 1
        if execution.crash is not None and execution.place not in places:
            places.add(execution.place)
            print(keep(folder, data, execution), flush=True)
        if time.monotonic() > end:
            break
    (folder / "new").mkdir(exist_ok=True)
    for data in fuzzer.corpus[known:]:
        (folder / "new" / _name(data)).write_bytes(data)
    print(f"{name}: {count} executions, {len(places)} crashes, {len(fuzzer.corpus) - known} new")


def reduce(name: str, folder: Path) -> None:
    """Keeps the smallest inputs that reach everything."""
    fuzzer, old = ready(name, folder), corpus(name)
    fuzzer.messages, fuzzer.most_messages = set(), 0  # the code reached is what is kept for good
    named = {key: data for key, data in old.items() if not key.startswith(AUTOMATIC)}
    for data in named.values():
        fuzzer.take(data)
    known = len(fuzzer.corpus)
    new = [path.read_bytes() for path in sorted((folder / "new").glob("*"))]
    for data in smallest_cover(fuzzer, [*old.values(), *new])[known:]:
        named[_name(data)] = data
    for key in old.keys() - named.keys():
        (CORPUS / name / key).unlink()
    for key, data in named.items():
        (CORPUS / name / key).write_bytes(data)
    print(f"{name}: {len(named)} inputs, {sum(map(len, named.values()))} bytes")


def _name(data: bytes) -> str:
    return AUTOMATIC + hashlib.sha256(data).hexdigest()[:10]


if __name__ == "__main__":
    if sys.argv[1] == "explore":
        explore(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    else:
        reduce(sys.argv[2], Path(sys.argv[3]))
