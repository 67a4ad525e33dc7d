"""Shared by the tests of a session: one build, and the proofs that several tests use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from zkpot.consensus.admission import Terms
from zkpot.consensus.ranking import Ranking, rank
from zkpot.consensus.submission import Submission
from zkpot.prover.bundle import Bundle, write_bundle
from zkpot.prover.dataset import Dataset
from zkpot.prover.verify import Verifier

if TYPE_CHECKING:
    from toy_task import Task

FOLDER = str(Path(__file__).parent)
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)

ROUND, BEACON = "toy/round-1", b"\x2a"


@pytest.fixture(scope="session")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    from toy_task import toy_task

    return toy_task(tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="session")
def alice(task: Task) -> Bundle:
    return task.proof("first", f"{ROUND}/alice")


@pytest.fixture(scope="session")
def bob(task: Task) -> Bundle:
    return task.proof("second", f"{ROUND}/bob")


@pytest.fixture(scope="session")
def others(task: Task) -> dict[str, Bundle]:
    """Proofs that hold, and nevertheless shouldn't count beside alice's and bob's."""
    return {
        "again": task.proof("first", f"{ROUND}/alice"),
        "second-model": task.proof("second", f"{ROUND}/alice"),
        "same-model": task.proof("first", f"{ROUND}/mallory"),
        "old": task.proof("first", "toy/round-0/alice"),
    }


@pytest.fixture(scope="session")
def run(task: Task) -> Callable[..., Ranking]:
    verifier = Verifier(task.build, task.keys, allow_dev=True)

    def ranked(bundles: dict[str, Bundle], data: Dataset | None = None, **terms) -> Ranking:
        handed_in = [Submission(name, bundle) for name, bundle in bundles.items()]
        terms = Terms(**terms)
        return rank(handed_in, verifier, data or task.dataset, beacon=BEACON, terms=terms)

    return ranked


@pytest.fixture
def files(tmp_path: Path, alice: Bundle, bob: Bundle) -> list[str]:
    """Two good files, one cut off, one that isn't there, one that is something else."""
    write_bundle(tmp_path / "alice.json", alice)
    write_bundle(tmp_path / "bob.json", bob)
    text = (tmp_path / "alice.json").read_text()
    (tmp_path / "cut.json").write_text(text[: len(text) // 2])
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "deep.json").write_text('{"proof":' + '{"a":' * 5000 + "1" + "}" * 5001)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    names = ("cut", "alice", "none", "list", "bob", "deep", "bytes")
    return [str(tmp_path / f"{name}.json") for name in names]
