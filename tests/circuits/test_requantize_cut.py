"""Requantizations whose largest value is not all ones: what clipping costs, at any low."""

from __future__ import annotations

import numpy as np
import pytest
from rig.build import compiled
from rig.models import Model
from zkpot.compiler.circuit import costs


@pytest.mark.parametrize("lo", [0, -3])
@pytest.mark.parametrize("scale", [2.0**-4, 0.0171])
def test_clipping_below_a_power_of_two_costs_what_is_said(scale: float, lo: int) -> None:
    model = Model(3, np.random.default_rng(71))
    hidden = model.requantize(model.dense("data", 3, 2), scale, lo, lo + 100)
    task = model.task(model.dense(hidden, 2, 2), 1)
    predicted = sum(line.constraints for line in costs(task.circuit))
    assert predicted == len(compiled(task.text).equations)
