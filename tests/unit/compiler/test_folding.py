"""Weighted column sums against Python integers, also where the rows come in several parts."""

from __future__ import annotations

import random

import numpy as np
import pytest
from zkpot.compiler import folding
from zkpot.compiler.field import FIELD


@pytest.mark.parametrize("at_a_time", [1, 3, 64, 1000])
def test_columns_are_summed_exactly(monkeypatch, at_a_time):
    monkeypatch.setattr(folding, "ROWS", at_a_time)
    rng = random.Random(83)
    rows = np.array([[rng.choice((-255, 255, 0, 7)) for _ in range(5)] for _ in range(64)])
    weights = [rng.choice((FIELD - 1, rng.randrange(FIELD))) for _ in rows]
    exact = [
        sum(w * int(x) for w, x in zip(weights, column, strict=True)) % FIELD for column in rows.T
    ]
    assert folding.weighted_columns(weights, rows) == exact
