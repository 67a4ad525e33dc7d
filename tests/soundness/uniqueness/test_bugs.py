"""The checker finds the holes of known bugs, and no hole where they are closed."""

from __future__ import annotations

import pytest
from tally import counted
from uniqueness.bugs import BUGS, Bug, main
from uniqueness.exhaustive import counterexample, reduced
from uniqueness.readings import system
from zkpot.prover.uniqueness import decide

IDS = [bug.name for bug in BUGS]
SMALL = [bug for bug in BUGS if bug.prime]


@counted("known bugs")
@pytest.mark.parametrize("bug", BUGS, ids=IDS)
def test_the_output_is_not_called_determined(bug: Bug) -> None:
    assert decide(system(main(bug.buggy), bug.sources(cured=False))).open_outputs


@pytest.mark.parametrize("bug", BUGS, ids=IDS)
def test_without_the_bug_it_is(bug: Bug) -> None:
    assert decide(system(main(bug.cured), bug.sources(cured=True))).open_outputs == ()


@pytest.mark.parametrize("bug", SMALL, ids=[bug.name for bug in SMALL])
def test_over_a_tiny_prime_the_hole_has_a_witness_and_the_cure_has_none(bug: Bug) -> None:
    """Every witness there is, tried: the rules' verdict without the rules."""
    buggy, cured = bug.tiny or (bug.buggy, bug.cured)
    pair = counterexample(reduced(system(main(buggy), optimize="O1"), bug.prime))
    assert pair is not None
    assert counterexample(reduced(system(main(cured), optimize="O1"), bug.prime)) is None
