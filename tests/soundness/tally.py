"""What `make soundness` prints: how many of each kind were tried, and how many came out right.

A test says what it counts for with ``@counted("attacks")`` (one tried; right if the test passes) or
with the fixture ``tally`` (its own numbers, told before it asserts anything about them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

ROWS = {
    "templates": "templates decided / in circuits/",
    "signals": "signals determined / total",
    "hints": "hints lied about / in circuits/",
    "liars": "liars caught / tried",
    "known bugs": "known bugs found / re-created",
    "mutants": "mutants killed / made",
    "sample": "mutants of the fast tier's sample killed / made",
    "attacks": "attacks refused / tried",
    "fuzz": "fuzz executions without a crash / made",
}
"""Row to its title, in the order of printing."""

Tally = Callable[[str, int, int], None]
"""Row, how many came out right, how many were tried."""


def counted(row: str) -> pytest.MarkDecorator:
    """Marks a test as one try of ``row``."""
    assert row in ROWS
    return pytest.mark.counted(row)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    def tell(row: str, right: int, tried: int) -> None:
        assert row in ROWS
        request.node.user_properties.append(("tally", (row, right, tried)))

    return tell


@dataclass
class Counts:
    """Sums of what the tests told."""

    right: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)

    def add(self, row: str, right: int, tried: int) -> None:
        self.right[row] = self.right.get(row, 0) + right
        self.tried[row] = self.tried.get(row, 0) + tried

    def take(self, reports: Iterable[pytest.TestReport]) -> None:
        """Adds what each test's run told: a test that failed in its set-up is a try gone wrong."""
        for report in reports:
            for key, value in report.user_properties:
                if key == "counted" and (report.when == "call" or report.failed):
                    self.add(str(value), int(report.passed), 1)
                elif key == "tally" and report.when == "call":
                    row, right, tried = value  # type: ignore[misc]
                    self.add(str(row), int(right), int(tried))

    def lines(self) -> list[str]:
        """One line for each row that some test counted for."""
        return [
            f"{title:<50} {self.right[row]:>10,} / {self.tried[row]:,}"
            for row, title in ROWS.items()
            if row in self.tried
        ]
