"""Kernels release the GIL, so plain threads over index ranges are all the parallelism needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Progress = Callable[[str, float], None]
"""Hears the name of a phase and the fraction of it that is done."""


def no_progress(_phase: str, _fraction: float) -> None:
    """Nobody listens."""


def default_threads() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_chunks(task: Callable[[int, int], None], total: int, chunk: int, threads: int) -> None:
    """Call ``task(start, stop)`` over [0, total) in chunks from ``threads`` threads."""
    starts = range(0, total, chunk)
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda start: task(start, min(start + chunk, total)), starts):
            pass
