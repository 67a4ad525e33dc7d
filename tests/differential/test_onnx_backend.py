"""ONNX's backend node tests: each case of an operator that is read is run, or listed as skipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from node_tests.cases import Case, cases
from node_tests.outcome import ANY, POWERS, refused
from node_tests.table import skipped, text


@pytest.fixture(scope="module")
def known() -> dict[str, Case]:
    return cases()


def run_of(known: dict[str, Case]) -> list[Case]:
    return [case for name, case in sorted(known.items()) if name not in skipped()]


def test_the_table_names_cases_that_exist(known: dict[str, Case]) -> None:
    assert set(skipped()) <= set(known)


def test_a_case_of_every_operator(known: dict[str, Case], tmp_path: Path) -> None:
    """The first of each; the long suite runs them all."""
    first = {case.model.graph.node[0].op_type: case for case in reversed(run_of(known))}
    reasons = {case.name: refused(case, POWERS, tmp_path) for case in first.values()}
    assert not text({name: why for name, why in reasons.items() if why}).strip()


@pytest.mark.long
def test_what_is_not_skipped_agrees(known: dict[str, Case], tmp_path: Path) -> None:
    """At power-of-two scales all of them, and at others those that are not refused."""
    reasons = {case.name: refused(case, POWERS, tmp_path) for case in run_of(known)}
    assert not text({name: why for name, why in reasons.items() if why}).strip()
    others = [refused(case, ANY, tmp_path) for case in run_of(known)]
    assert sum(why is not None for why in others) <= len(others) // 20


@pytest.mark.long
def test_what_is_skipped_can_not_run(known: dict[str, Case], tmp_path: Path) -> None:
    runs = [name for name in skipped() if refused(known[name], POWERS, tmp_path) is None]
    assert runs == []
