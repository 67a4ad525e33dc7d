"""Progress on standard error, and only for what takes time."""

from __future__ import annotations

import pytest
from zkpot.cli import output


def test_what_ends_soon_says_nothing(capsys) -> None:
    with output.reporting("quick") as say:
        say("first")
    assert capsys.readouterr() == ("", "")


def test_lines_come_once_the_quiet_time_is_over(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "QUIET_SECONDS", 0.0)
    with output.reporting("slow") as say:
        say("one")
        say("one")
        say("[two]")
    out, err = capsys.readouterr()
    assert out == ""
    shown = [line.split(" s  ")[1] for line in err.splitlines()]
    assert [line for line in shown if line != "slow"] == ["one", "[two]"]


def test_a_table_is_aligned() -> None:
    assert output.table(("node", "n"), [("a", 1), ("longer", 1000)]).splitlines() == [
        "node       n",
        "a          1",
        "longer  1000",
    ]
