"""For every hint in circuits/, provers who lie about it are caught by constraints alone."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from liars import bits, conv, count, data, pool, requantize
from liars.liar import Stage
from rig.build import library
from rig.twin import hints, uncommented
from rig.variants import witnesses
from rig.witness import signed
from tally import Tally, counted

LIARS = [
    *conv.LIARS,
    *bits.LIARS,
    *requantize.LIARS,
    *count.LIARS,
    *data.LIARS,
    *pool.LIARS,
]
STAGE = Stage(LIARS)
SCENES = {liar.scene.name: liar.scene for liar in LIARS}
LEVELS = ("O0", "O1")


def test_every_hint_of_the_library_has_a_liar(tally: Tally):
    lied, present = {hint for liar in LIARS for hint in liar.lies}, set(hints(library()))
    tally("hints", len(lied & present), len(present))
    assert lied == present


def test_what_is_emitted_has_no_hints_of_its_own():
    assert "<--" not in files("zkpot.templates").joinpath("main.circom").read_text()


def test_no_assertion_stands_in_for_a_constraint():
    """An assert may only speak of template parameters: it adds no constraint."""
    for path, text in library().items():
        plain = uncommented(text)
        signals = set(re.findall(r"signal (?:input |output )?(\w+)", plain))
        for condition in re.findall(r"\bassert\s*\(([^;]*)\);", plain):
            assert not signals & set(re.findall(r"\w+", condition)), (path, condition)


@pytest.mark.parametrize("one", SCENES.values(), ids=SCENES.keys())
def test_honest_hints_satisfy_everything_that_they_can(one):
    for level in LEVELS:
        assert (not one.complaints(STAGE.witness(one), level)) is one.admitted


@counted("liars")
@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.id)
def test_a_constraint_catches_the_liar(liar):
    witness = STAGE.witness(liar.scene, liar.name)
    assert {name: signed(witness[name]) for name in liar.claim} == dict(liar.claim)
    violated = liar.scene.complaints(witness)
    assert any(re.search(liar.caught, name) for names in violated for name in names), violated
    assert liar.scene.complaints(witness, "O1")


@pytest.mark.parametrize(
    ("one", "hint"),
    [
        (requantize.plain, requantize.STRAY),
        (requantize.plain_odd, requantize.STRAY),
        (requantize.lined, requantize.LINE_STRAY),
        (requantize.tied, requantize.DIFFER),
        (count.right, count.INVERSE),
    ],
    ids=["in the window", "in an odd window", "in a line's window", "a tie", "nobody beaten"],
)
def test_where_an_inverse_is_free_nothing_depends_on_it(one, hint):
    """An is-zero's inverse is arbitrary at 0; its answer is not."""
    honest, other = witnesses(one.main, one.inputs, [{}, {hint: "12345"}])
    changed = {name for name in honest if honest[name] != other[name]}
    assert changed and all(name.endswith(f".{hint.target}") for name in changed)
    assert not one.complaints(other)
