"""One tiny task, compiled, set up with development keys and proven for once: every attack's aim."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
for folder in (HERE, TESTS / "e2e", TESTS / "e2e" / "rank"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

if TYPE_CHECKING:
    from stage import Stage
    from zkpot.prover.bundle import Bundle


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    from stage import Stage
    from toy_task import toy_task

    return Stage(toy_task(tmp_path_factory.mktemp("stage")))


@pytest.fixture(scope="session")
def alice(stage: Stage) -> Bundle:
    """An honest proof, which is accepted."""
    from stage import ALICE

    bundle = stage.proof("first", ALICE)
    stage.accepts(bundle)
    return bundle


@pytest.fixture(scope="session")
def mallory(stage: Stage) -> Bundle:
    """The attacker's own honest proof, of another model."""
    from stage import MALLORY

    bundle = stage.proof("second", MALLORY)
    stage.accepts(bundle, context=MALLORY)
    return bundle


@pytest.fixture(scope="session")
def rival(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A task of the same shape: as many public signals, the same data and models, other ranges."""
    return stage.of_another_circuit(tmp_path_factory.mktemp("rival"))
