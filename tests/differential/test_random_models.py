"""Random models: each is refused with a reason, or agrees with onnxruntime in every value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from random_models.models import Drawn, models
from random_models.verdict import Tally

REFUSED = 0.4
"""A larger share of refusals would leave too little to compare."""


def judged(count: int, start: int, folder: Path) -> Tally:
    """``count`` models of the sequence that begins with ``start``."""
    tally = Tally()

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=models())
    def one(drawn: Drawn) -> None:
        tally.judge(drawn.model, drawn.x, folder)

    one()
    print(tally)
    return tally


def test_random_models(tmp_path: Path) -> None:
    tally = judged(60, 0, tmp_path)
    assert tally.refused <= REFUSED * tally.models, str(tally)


@pytest.mark.long
@pytest.mark.parametrize("start", range(1, 9))
def test_many_random_models(start: int, tmp_path: Path) -> None:
    tally = judged(100, start, tmp_path)
    assert tally.refused <= REFUSED * tally.models, str(tally)
