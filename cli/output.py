"""What commands share on their way out: results on standard output, all else on standard error."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from zkpot.prover.process import Progress

QUIET_SECONDS = 2.0
"""What ends sooner says nothing about itself."""

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ANY = click.Path(path_type=Path)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def result(as_json: bool, value: Mapping[str, Any], text: str) -> None:
    """The result: ``value`` as JSON, or ``text``."""
    click.echo(json.dumps(value, indent=1) if as_json else text)


def warn(text: str) -> None:
    """A line that must be seen, on standard error."""
    click.secho(f"warning: {text}", err=True, fg="yellow", bold=True)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as what they hold; all but the first flush right."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join((row[0].ljust(widths[0]), *rest)).rstrip())
    return "\n".join(lines)


class _Lines:
    """Progress where nobody watches: from two seconds on, one line for each step."""

    def __init__(self, title: str) -> None:
        self._start, self._last, self._shown = time.monotonic(), title, ""
        self._lock, self._ended = threading.Lock(), threading.Event()
        threading.Thread(target=self._wake, daemon=True).start()

    def _wake(self) -> None:
        if not self._ended.wait(QUIET_SECONDS):
            self._show()

    def say(self, line: str) -> None:
        """What is going on from now on."""
        self._last = line
        if time.monotonic() - self._start >= QUIET_SECONDS:
            self._show()

    def _show(self) -> None:
        with self._lock:
            if self._last != self._shown and not self._ended.is_set():
                self._shown = self._last
                click.echo(f"{time.monotonic() - self._start:6.1f} s  {self._last}", err=True)

    def end(self) -> None:
        """Nothing is shown any more."""
        self._ended.set()


@contextmanager
def reporting(title: str) -> Iterator[Progress]:
    """A progress function: a moving line on a terminal, else lines from two seconds on."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status(escape(title)) as status:
            yield lambda line: status.update(escape(line))
        return
    lines = _Lines(title)
    try:
        yield lines.say
    finally:
        lines.end()
