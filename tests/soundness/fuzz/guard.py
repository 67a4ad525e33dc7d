"""Limits of a fuzzing process: a small file must not take much memory, nor much time."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

MEMORY = 1 << 30
"""Bytes that one execution may take on top of what the process has when it starts."""

CPU_SECONDS = 5.0
"""Processor time that one execution may take: no inputs here are larger than some kilobytes."""


class Hang(BaseException):
    """An execution used up its time; no `except Exception` of the code under test stops it."""


def _expired(_number: int, _frame: FrameType | None) -> None:
    raise Hang(f"more than {CPU_SECONDS} seconds of processor time")


def limit_memory() -> None:
    """From here on the process has `MEMORY` more, and no more."""
    with open("/proc/self/statm", encoding="ascii") as pages:
        taken = int(pages.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, resource.RLIM_INFINITY))


@contextmanager
def limited_time() -> Iterator[None]:
    """Raises Hang inside, if the time is up and Python code runs."""
    signal.signal(signal.SIGPROF, _expired)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
