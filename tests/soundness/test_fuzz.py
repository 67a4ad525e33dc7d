"""Every reader of somebody else's file, on files that somebody made to break it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import target
from fuzz.process import Run, fuzz
from tally import Tally

SEED = 4
FEW = 300
MANY, MANY_SLOW = 8000, 2500
"""Executions a target besides its corpus."""

KILOBYTES = 1000
"""All corpora together: they are for replaying, not for keeping."""


def crashless(run: Run, executions: int, tally: Tally) -> None:
    crashes = [crash for found in run.crashed.values() for crash in found]
    made = run.replayed + executions
    tally("fuzz", made - len(crashes), made)
    assert not crashes, "\n".join(crashes)


@pytest.mark.parametrize("name", target.names())
def test_no_file_breaks_a_reader(name: str, tmp_path: Path, tally: Tally) -> None:
    """The corpus, past crashes included, and some new executions."""
    run = fuzz(name, tmp_path, SEED, FEW)
    assert run.replayed == len(target.corpus(name))
    assert run.accepted, "no input of the corpus is a valid file: only refusals are being fuzzed"
    crashless(run, FEW, tally)


@pytest.mark.long
@pytest.mark.parametrize("name", target.names())
def test_no_file_breaks_a_reader_for_long(name: str, tmp_path: Path, tally: Tally) -> None:
    executions = MANY_SLOW if target.target(name).slow else MANY
    crashless(fuzz(name, tmp_path, SEED + 1, executions), executions, tally)


def test_the_corpora_are_small() -> None:
    sizes = [path.stat().st_size for path in target.CORPUS.rglob("*") if path.is_file()]
    assert sum(sizes) < KILOBYTES * 1000
