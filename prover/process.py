"""The one place that starts a child process, and the one that ends it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from zkpot.prover.errors import ToolFailed, ToolMissing, ToolTimeout

OUTPUT_CAP = 4 << 20
"""Bytes kept of each output stream; of more, the last ones, where tools report failure."""

TAIL_LINES = 12
"""Lines of a failed tool's output that its error quotes."""

Progress = Callable[[str], None]
"""Takes one line about what is going on."""


@dataclass(frozen=True)
class Completed:
    """A child that ended by itself.

    ``cpu_s``: user and system seconds of the child and all it waited for. ``peak_rss``: bytes of
    the largest single process among them.
    """

    stdout: str
    stderr: str
    returncode: int
    cpu_s: float
    peak_rss: int


class _Reader(threading.Thread):
    """Drains one stream, so that the child never blocks on it, and keeps its last bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream, self._kept = stream, bytearray()
        self.start()

    def run(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                self._kept += chunk
                del self._kept[:-OUTPUT_CAP]

    def text(self) -> str:
        return bytes(self._kept).decode(errors="replace")


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout_s: float,
    what: str,
    heap_mb: int | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> Completed:
    """Run ``argv`` to its end in a process group of its own.

    ``what`` names the job in errors. ``heap_mb`` limits a Node program's heap. ``env`` is added to
    this process's environment. ``stdin``, of at most 64 KiB (a pipe's buffer), is all the child
    reads: it never waits for a terminal. The exit code is returned, not judged: see
    ``require_success``.

    Raises ToolMissing if the program can't be started and ToolTimeout after ``timeout_s``. Then,
    and on any exception (Ctrl-C too), the whole group is killed before the exception goes on.
    """
    child = _start(argv, cwd, {**os.environ, **(env or {})}, heap_mb, what)
    assert child.stdout is not None and child.stderr is not None
    readers = (_Reader(child.stdout), _Reader(child.stderr))
    try:
        _feed(child, stdin)
        usage = _wait(child, timeout_s)
        if usage is None:
            raise ToolTimeout(
                f"{what} did not end within {timeout_s:.0f} s",
                why=f"it was ended; its last words:\n{_tail(readers)}",
                remedy="check that its input files are whole; on a slow machine allow more time",
            )
    except BaseException:
        _kill_group(child)
        raise
    _drain(child, readers)
    seconds = usage.ru_utime + usage.ru_stime
    texts = [reader.text() for reader in readers]
    return Completed(texts[0], texts[1], child.returncode, seconds, usage.ru_maxrss * 1024)


def require_success(done: Completed, what: str) -> Completed:
    """``done``, if its exit code is 0; else ToolFailed with the end of its output."""
    if done.returncode == 0:
        return done
    raise failure(done, what)


def failure(done: Completed, what: str, why: str = "") -> ToolFailed:
    """The error for a tool that failed, with its last lines and the remedy they call for."""
    tail = last_lines(done.stdout + done.stderr)
    reason = why or f"it ended with {_exit_text(done.returncode)}"
    return ToolFailed(f"{what} failed", why=f"{reason}\n{tail}".rstrip(), remedy=_remedy(tail))


def last_lines(text: str) -> str:
    """The last lines of a tool's output, indented for quoting, without JavaScript's stack."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith("at ")]
    return "\n".join(f"    {line[:300]}" for line in lines[-TAIL_LINES:])


def _start(
    argv: Sequence[str], cwd: Path, env: dict[str, str], heap_mb: int | None, what: str
) -> subprocess.Popen[bytes]:
    if heap_mb is not None:
        options = env.get("NODE_OPTIONS", "")
        env["NODE_OPTIONS"] = f"{options} --max-old-space-size={heap_mb}".strip()
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            list(argv), cwd=cwd, env=env, stdin=pipe, stdout=pipe, stderr=pipe,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise ToolMissing(
            f"{what}: can't start {argv[0]}",
            why=f"the system says: {error.strerror}",
            remedy=f"install {Path(argv[0]).name} and put it on PATH",
        ) from error


def _feed(child: subprocess.Popen[bytes], text: str) -> None:
    assert child.stdin is not None
    try:
        with child.stdin as pipe:
            pipe.write(text.encode())
    except BrokenPipeError:
        return  # it ended without reading: its exit code tells more than this would


def _wait(child: subprocess.Popen[bytes], timeout_s: float) -> resource.struct_rusage | None:
    """The child's resource usage once it ended, or None at the time limit."""
    deadline = time.monotonic() + timeout_s
    pause = 0.002
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() >= deadline:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _drain(child: subprocess.Popen[bytes], readers: Sequence[_Reader]) -> None:
    """Read what is left; a grandchild that holds a pipe open a second later is killed."""
    for reader in readers:
        reader.join(timeout=1.0)
    if any(reader.is_alive() for reader in readers):
        _signal_group(child)
        for reader in readers:
            reader.join(timeout=5.0)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is None:
        _signal_group(child)
        child.wait()


def _signal_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # everyone in it has ended already


def _tail(readers: Sequence[_Reader]) -> str:
    return last_lines("".join(reader.text() for reader in readers))


def _exit_text(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


_REMEDIES = (
    (("ENOSPC", "No space left", "EFBIG", "File too large"), "free disk space, then run it again"),
    (("heap out of memory", "Array buffer allocation failed"), "give it more memory, or prove a"
     " smaller circuit (fewer samples)"),
    (("EACCES", "EPERM"), "check the rights on the folder and its files"),
)  # fmt: skip


def _remedy(tail: str) -> str:
    for signs, remedy in _REMEDIES:
        if any(sign in tail for sign in signs):
            return remedy
    return "see the tool's own message above; `zkpot doctor` checks the installation"
