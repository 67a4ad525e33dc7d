"""For every hint in circuits/, provers who lie about it are caught by constraints alone.

And by those that are meant to catch them: a liar names the template, and a template that hints (or
has a component that does) must have a liar caught in it at each of its uses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files

import pytest
from liars import bits, conv, count, data, pool, requantize, wrapped
from liars.liar import Liar, Stage
from rig.build import library
from rig.instances import Instances, Path, Template, call_of, templates
from rig.twin import hints, uncommented
from rig.variants import witnesses
from rig.witness import signed
from tally import Tally, counted
from zkpot.prover.build import OPTIMIZE

LIARS = [
    *conv.LIARS,
    *bits.LIARS,
    *requantize.LIARS,
    *count.LIARS,
    *data.LIARS,
    *pool.LIARS,
    *wrapped.LIARS,
]
STAGE = Stage(LIARS)
SCENES = {liar.scene.name: liar.scene for liar in LIARS}
INSTANCES = {name: Instances(one.main) for name, one in SCENES.items()}
LEVELS = ("O0", OPTIMIZE)
"""As written, every signal under its own name; and as it is proved."""

TEMPLATES = templates(library())
HINTS = set(hints(library()))
NEW = """template New() {
    signal input a;
    signal output b;
    component c = Bits(8, 0);
    c.in <== a;
    b %s a;
}"""


def carriers(among: Mapping[str, Template], lied: Collection[str]) -> set[str]:
    """The templates in ``lied``, and those with a component, however deep, of such a template."""
    found = set(lied)
    while more := {n for n, t in among.items() if found & set(t.components.values())} - found:
        found |= more
    return found


def untried(sources: Mapping[str, str]) -> set[str]:
    """The templates with hints in them, and their uses of each other, where no liar was caught."""
    among = templates(sources)
    carrying = carriers(among, {hint.template for hint in hints(sources)})
    needed = {
        *carrying,
        *(
            f"{name}.{component}"
            for name in carrying
            for component, inner in among[name].components.items()
            if inner in carrying
        ),
    }
    for liar in LIARS:
        for chain, path in caught_at_home(liar):
            calls = zip(chain[:-1], map(call_of, path[1:]), strict=True)
            needed -= {*chain, *(f"{name}.{call}" for name, call in calls)}
    return needed


def unassigned(among: Mapping[str, Template], name: str) -> set[str]:
    """The signals and components' inputs in template ``name`` that no `<==` gives a value."""
    one = among[name]
    signals = {signal for signal, kind in one.signals.items() if kind != "input"}
    inputs = {
        f"{component}.{signal}"
        for component, inner in one.components.items()
        if not component.endswith("#")
        for signal, kind in among[inner].signals.items()
        if kind == "input"
    }
    return {target for target in signals | inputs if not one.assigns(target)}


VIOLATIONS: dict[str, list[tuple[Path, set[str]]]] = {}


def violations(liar: Liar) -> list[tuple[Path, set[str]]]:
    """The constraints that the lie violates: the instance that each stands in, and its signals."""
    if liar.id not in VIOLATIONS:
        violated = liar.scene.complaints(STAGE.witness(liar.scene, liar.name))
        owner = INSTANCES[liar.scene.name].owner
        VIOLATIONS[liar.id] = [(owner(names), names) for names in violated]
    return VIOLATIONS[liar.id]


def caught_at_home(liar: Liar) -> Iterator[tuple[list[str], Path]]:
    """The places where one of the lie's own templates catches it, with the templates above."""
    for path in {owner for owner, _ in violations(liar)}:
        chain = INSTANCES[liar.scene.name].chain(path)
        if chain[-1] in {hint.template for hint in liar.lies}:
            yield chain, path


def test_every_hint_of_the_library_has_a_liar(tally: Tally):
    lied = {hint for liar in LIARS for hint in liar.lies}
    tally("hints", len(lied & HINTS), len(HINTS))
    assert lied == HINTS


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_signal_that_is_no_hint_is_assigned_by_a_constraint(name):
    """So a template without a liar is one whose every signal follows from its inputs."""
    hinted = {h.target.split("[")[0] for h in HINTS if h.template == name}
    assert unassigned(TEMPLATES, name) <= hinted
    assert hinted or "<--" not in TEMPLATES[name].body


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
def test_a_constraint_of_the_right_template_catches_the_liar(liar):
    witness = STAGE.witness(liar.scene, liar.name)
    assert {name: signed(witness[name]) for name in liar.claim} == dict(liar.claim)
    found = [(INSTANCES[liar.scene.name].template(path), names) for path, names in violations(liar)]
    meant = [names for template, names in found if template == liar.by]
    assert any(re.search(liar.caught, name) for names in meant for name in names), found
    assert liar.scene.complaints(witness, OPTIMIZE)


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


def test_a_liar_is_caught_in_every_template_with_hints_in_it_at_each_of_its_uses():
    assert untried(library()) == set()


def with_new(text: str) -> dict[str, str]:
    return {**library(), "new.circom": text}


def test_a_new_template_is_noticed():
    unfed = NEW.replace("c.in <== a;", "")
    without = unfed.replace("component c = Bits(8, 0);", "")
    assert untried(with_new(NEW % "<==")) == {"New", "New.c"}
    assert untried(with_new(without % "<--")) == {"New"}
    assert untried(with_new(without % "<==")) == set()
    assert unassigned(templates(with_new(NEW % "===")), "New") == {"b"}
    assert unassigned(templates(with_new(unfed % "<==")), "New") == {"c.in"}
