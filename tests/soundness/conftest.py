"""Makes the machinery in tests/circuits/rig and beside this file importable, and counts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "circuits"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tally import Counts, tally  # noqa: E402

__all__ = ["tally"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("counted"):
            item.user_properties.append(("counted", mark.args[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = Counts()
    for outcome in ("passed", "failed", "error"):
        counts.take(terminalreporter.stats.get(outcome, []))
    if counts.tried:
        terminalreporter.section("soundness")
        for line in counts.lines():
            terminalreporter.write_line(line)
