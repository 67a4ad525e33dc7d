"""Wall and CPU time of a step, the child processes' included, and the memory high-water mark."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Reading:
    """Seconds, and bytes at most resident in this process or any one child so far."""

    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0


def _cpu() -> float:
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, both))


def _peak() -> int:
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in both) * 1024


@contextmanager
def stopwatch() -> Iterator[Reading]:
    """Yields a reading that is filled in when the block ends."""
    reading, wall, cpu = Reading(), time.perf_counter(), _cpu()
    yield reading
    reading.wall, reading.cpu = time.perf_counter() - wall, _cpu() - cpu
    reading.peak = _peak()
