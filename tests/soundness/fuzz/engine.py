"""The fuzzer's loop: mutate an input, run the reader, keep what reaches something new."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from zkpot.compiler.errors import ZkpotError

from .edges import Edges
from .guard import Hang, limited_time
from .target import Reader, Target

RECENT = 24
"""Half of all mutations start from the inputs that were kept last."""

MOST_BYTES = 16 << 10
"""No input grows beyond this."""

MOST_MESSAGES = 100
"""A message counts as something new to reach up to this number of messages."""

SPECIFIC = re.compile(
    r"(?<![a-z])'[^']*'|b'[^']*'|\"[^\"]*\"|b?\\x[0-9a-f]*|/\S*|[0-9a-f]*[0-9][0-9a-f]*"
)
"""What a message takes from the input rather than from the code."""

OUT_OF_MEMORY = re.compile("bad.?alloc|allocat|MemoryError|out of memory", re.IGNORECASE)
"""What libraries say when they don't get the memory they ask for."""


@dataclass(frozen=True)
class Execution:
    """``reached``: edges, and what the reader said. ``crash``: None, or what came out of it that
    is not a named error. ``place``: where, to tell crashes apart. ``accepted``: no error at all."""

    reached: frozenset[object]
    crash: str | None = None
    place: str = ""
    accepted: bool = False


class Fuzzer:
    """Runs one target; ``path`` is where each input is written before it is read."""

    def __init__(self, target: Target, reader: Reader, path: Path) -> None:
        self.target, self.reader, self.path = target, reader, path
        self.corpus: list[bytes] = []
        self.reached: set[object] = set()
        self.messages: set[str] = set()
        self.most_messages = MOST_MESSAGES
        self._edges = Edges()

    def warm(self, data: bytes) -> None:
        """Runs the reader without limits: what it imports and compiles on first use isn't the
        input's doing."""
        self.path.write_bytes(data)
        with suppress(Exception):
            self.reader(self.path)

    def execute(self, data: bytes) -> Execution:
        """Runs the reader on ``data``."""
        self.path.write_bytes(data)
        try:
            with limited_time(), self._edges:
                self.reader(self.path)
        except ZkpotError as error:
            return self._refused(error)
        except (Exception, Hang) as error:  # noqa: BLE001 - whatever it is, it is a crash
            return self._crashed(error)
        return Execution(frozenset(self._edges.found), accepted=True)

    def _refused(self, error: ZkpotError) -> Execution:
        if hidden := _out_of_memory(error):
            return self._crashed(hidden)
        said = SPECIFIC.sub("", f"{type(error).__name__} {error.what} {error.why}")[:80]
        if len(self.messages) < self.most_messages:
            self.messages.add(said)
        known = [said] if said in self.messages else []
        return Execution(frozenset([*self._edges.found, *known]))

    def _crashed(self, error: BaseException) -> Execution:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if "zkpot" in f.filename or "/tests/" not in f.filename]
        place = f"{type(error).__name__} {' < '.join(f'{f.name}:{f.lineno}' for f in own[:-4:-1])}"
        text = "".join(traceback.format_exception(error))
        return Execution(frozenset(self._edges.found), crash=text, place=place)

    def take(self, data: bytes) -> Execution:
        """Runs the reader on ``data``, and keeps it if it reaches something new."""
        found = self.execute(data)
        if found.crash is None and not found.reached <= self.reached:
            self.reached |= found.reached
            self.corpus.append(data)
        return found

    def explore(self, random: Random) -> Iterator[tuple[bytes, Execution]]:
        """Mutated inputs and what came of them, without end."""
        while True:
            data = self._mutated(random)
            yield data, self.take(data)

    def _mutated(self, random: Random) -> bytes:
        recent = random.random() < 0.5
        data = random.choice(self.corpus[-RECENT:] if recent else self.corpus)
        for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
            data = random.choice(self.target.mutators)(random, data, self.corpus)[:MOST_BYTES]
        return data


def _out_of_memory(error: BaseException) -> BaseException | None:
    """The error behind ``error`` that says that memory was refused: a hidden crash."""
    link: BaseException | None = error
    seen: list[BaseException] = []
    while link is not None and link not in seen:  # an error can be its own cause
        seen.append(link)
        if isinstance(link, MemoryError) or OUT_OF_MEMORY.search(str(link)):
            return link
        link = link.__cause__ or link.__context__
    return None


def smallest_cover(fuzzer: Fuzzer, inputs: Iterable[bytes]) -> Sequence[bytes]:
    """Inputs that together reach what all reach: the smallest first, each for something new."""
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        fuzzer.take(data)
    return fuzzer.corpus
