"""A weaker library fails: each mutant of circuits/ is noticed, or it is said why it can't be."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from mutation.judging import verdicts
from mutation.mutants import STRICT, Mutant, made
from mutation.survivors import REASONS
from tally import Tally

SAMPLE = 24
MUTANTS = {mutant.id: mutant for mutant in made()}
PLACES = list(dict.fromkeys(mutant.where for mutant in MUTANTS.values()))


def survivors(found: Mapping[str, frozenset[str]]) -> set[str]:
    return {key for key, killers in found.items() if not killers}


def test_every_explanation_is_about_a_mutant():
    assert set(REASONS) <= set(MUTANTS)


def test_a_sample_of_weakened_circuits_is_noticed(tally: Tally):
    """One in six of the mutants of the first three rules, another sample for another seed."""
    weaker = [m for m in MUTANTS.values() if m.rule in STRICT and m.id not in REASONS]
    sample = random.Random(4).sample(weaker, SAMPLE)
    found = verdicts(sample)
    tally("sample", len(found) - len(survivors(found)), len(found))
    assert survivors(found) == set()


@pytest.mark.long
@pytest.mark.parametrize("where", PLACES)
def test_every_mutant_is_noticed_or_explained(where: str, tally: Tally):
    mutants: list[Mutant] = [m for m in MUTANTS.values() if m.where == where]
    found = verdicts(mutants)
    tally("mutants", len(found) - len(survivors(found)), len(found))
    assert survivors(found) == {m.id for m in mutants} & set(REASONS)
