"""Random models as circuits: the same logits, the predicted price, and honest witnesses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from random_models.circuits import faults, predicted, task
from random_models.models import Drawn, models
from random_models.verdict import Tally
from zkpot.compiler.errors import InputError

MODELS = 80
COMPILED = 12
SMALL = 15_000
"""Constraints of a circuit that circom compiles in seconds."""


@pytest.mark.long
def test_random_models_as_circuits(tmp_path: Path) -> None:
    """Those that bring an operation not seen before are compiled, too."""
    tally = Tally()
    lowered: list[int] = []
    compiled: list[int] = []
    wrong: list[str] = []
    seen: set[str] = set()

    @seed(1)
    @settings(
        max_examples=MODELS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=models(most=3))
    def one(drawn: Drawn) -> None:
        imported = tally.judge(drawn.model, drawn.x, tmp_path)
        if imported is None:
            return
        try:
            found = task(imported, drawn.x)
        except InputError as error:
            assert error.remedy, str(error)
            return
        constraints = predicted(found)
        lowered.append(constraints)
        operations = {node.op for node in found.circuit.graph.nodes}
        if constraints <= SMALL and len(compiled) < COMPILED and not operations <= seen:
            seen.update(operations)
            compiled.append(constraints)
            wrong.extend(faults(found))

    one()
    assert wrong == []
    assert len(lowered) >= MODELS // 2, str(tally)
    assert len(compiled) >= COMPILED // 2, str(compiled)
