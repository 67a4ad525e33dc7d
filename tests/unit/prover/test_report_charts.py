"""Charts: every number drawn is the number given."""

from __future__ import annotations

import re

import numpy as np
import pytest
from zkpot.compiler import ops
from zkpot.prover.explain import Line
from zkpot.prover.report import Accuracy, Confusion
from zkpot.prover.report_charts import (
    MOST_BARS,
    Kind,
    accuracy_bars,
    confusion_table,
    costs_by_kind,
    costs_by_node,
    kind,
)


def lines(*counts: int) -> list[Line]:
    total = sum(counts)
    return [Line(f"n{i}", "add", (2,), 8, "", c, 0, c / total) for i, c in enumerate(counts)]


def widths(svg: str, style: str) -> list[float]:
    found = re.findall(rf'width="([\d.]+)%"(?: height="\d+")?(?: rx="\d")? class="{style}"', svg)
    return [float(width) for width in found]


def test_bars_are_as_long_as_their_numbers_and_sorted() -> None:
    svg = costs_by_node(lines(100, 400, 0))
    assert widths(svg, "activations") == [100.0, 25.0, 0.2]
    assert re.findall(r'class="name">(n\d)<', svg) == ["n1", "n0", "n2"]
    assert "400 · 80.0%" in svg


@pytest.mark.parametrize("extra", [0, 1, 2, 30])
def test_many_parts_end_in_a_bar_for_the_others(extra: int) -> None:
    svg = costs_by_node(lines(*range(100, 100 + MOST_BARS + extra)))
    assert svg.count("<li>") == MOST_BARS + min(extra, 1)
    assert (f"{extra} others" in svg) == (extra > 1)


def test_the_stacked_bar_adds_up() -> None:
    parts = [
        Line("w", "range check", (), 8, "", 30, 0, 0.3),
        Line("r", "sponge", (), 0, "", 20, 0, 0.2),
        Line("fc", "conv_packed", (), 20, "", 10, 0, 0.1),
        Line("q", "requantize_shift", (), 8, "", 25, 0, 0.25),
        Line("k", "count_correct", (), 1, "", 15, 0, 0.15),
    ]
    svg = costs_by_kind(parts)
    found = {k: widths(svg, k) for k in Kind}
    expected = {"weights": 30, "hashing": 20, "layers": 10, "activations": 25, "counting": 15}
    assert found == {k: [float(expected[k])] if k in expected else [] for k in Kind}
    assert "30.0%" in svg


@pytest.mark.parametrize("name", ops.REGISTRY)
def test_every_operation_has_a_kind(name: str) -> None:
    assert (kind(name) is Kind.LAYERS) == ops.REGISTRY[name].accumulates


def test_accuracies_are_drawn_with_their_intervals() -> None:
    svg = accuracy_bars([Accuracy("int8", 3, 4, 0.25, 0.875)])
    assert widths(svg, "accuracy") == [75.0]
    assert 'x1="25.000%" x2="87.500%"' in svg


def test_the_confusion_matrix_is_shaded_by_row() -> None:
    found = confusion_table(Confusion("int8", np.array([[8, 0], [1, 3]])))
    cells = re.findall(r'<td class="(\w+)">([^<]*)</td>', found)
    assert cells == [("hit4", "8"), ("none", "·"), ("miss1", "1"), ("hit3", "3")]


def test_an_empty_row_is_no_division_by_zero() -> None:
    assert "hit" not in confusion_table(Confusion("int8", np.zeros((2, 2), np.int64)))
