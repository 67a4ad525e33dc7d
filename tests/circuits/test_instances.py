"""Which instance a signal and a constraint belong to, read from the sources."""

from __future__ import annotations

import pytest
from rig.build import library
from rig.instances import Instances, templates

MAIN = """pragma circom 2.2.0;
include "nn/requantize_table.circom";
include "nn/range_check.circom";
template Case0() {
    signal input x0[1][2];
    signal output out[1][2] <== RangeChecked(1, 2, 7, -64)(x0);
}
template Main() {
    component c0 = Case0();
    signal input c0_x0[1][2];
    c0.x0 <== c0_x0;
    component c1[2];
    c1[0] = RequantizeTableOne(4, 0, [0, 1]);
}
component main {public [c0_x0]} = Main();
"""
HERE = Instances(MAIN)
CHECKED = ("main", "c0", "RangeChecked#0")


@pytest.mark.parametrize(
    ("signal", "chain", "name"),
    [
        ("main.c0_x0[0][1]", ["Main"], "c0_x0"),
        ("main.c0.x0[0][1]", ["Main", "Case0"], "x0"),
        ("main.c0.RangeChecked#0.in[0][1]", ["Main", "Case0", "RangeChecked"], "in"),
        (
            "main.c0.RangeChecked#0.range[0].bits[1].bit[3]",
            ["Main", "Case0", "RangeChecked", "RangeCheck", "Bits"],
            "bit",
        ),
        (
            "main.c1[0].step.bits.in",
            ["Main", "RequantizeTableOne", "Lookup", "Bits"],
            "in",
        ),
    ],
)
def test_a_path_is_followed_through_arrays_and_anonymous_components(signal, chain, name):
    path, found = HERE.place(signal)
    assert (HERE.chain(path), found) == (chain, name)


@pytest.mark.parametrize(
    "signal",
    [
        "other.c0_x0",
        "main.c0.nothing",
        "main.c2.x0",
        "main.c0.Bits#0.in",
        "main.c0.RangeChecked.in[0][0]",
        "main.c0.RangeChecked#0.one[0].in",
    ],
)
def test_a_path_that_the_sources_do_not_explain_is_an_error(signal):
    with pytest.raises(AssertionError):
        HERE.place(signal)


@pytest.mark.parametrize(
    ("names", "owner"),
    [
        # Its own signals.
        ({"range[0].bits[1].bit[0]", "range[0].bits[1].bit[1]"}, "range[0].bits[1]"),
        # An output with the input of the same component: the component itself.
        ({"range[0].bits[1].bit[0]", "range[0].bits[1].in"}, "range[0].bits[1]"),
        # A component's input with a signal of its parent, or of another component: the parent.
        ({"range[0].bits[1].in", "range[0].in[1]"}, "range[0]"),
        ({"range[0].bits[1].in", "range[0].bits[0].in"}, "range[0]"),
        ({"range[0].in[1]", "in[0][1]"}, ""),
    ],
)
def test_a_constraint_belongs_to_the_innermost_instance_that_can_speak_of_it(names, owner):
    expected = (*CHECKED, *owner.split(".")) if owner else CHECKED
    assert HERE.owner({".".join((*CHECKED, name)) for name in names}) == expected


@pytest.mark.parametrize(
    "names",
    [
        set(),
        {"main.c0_x0[0][0]", "main.c0.RangeChecked#0.in[0][0]"},
        {"main.c1[0].quotient", "main.c1[0].step.bits.in"},
        {"main.c1[0].step.bits.in", "main.c0.x0[0][0]"},
    ],
    ids=["no signals", "a grandchild's", "an inner component's", "strangers'"],
)
def test_a_constraint_that_nobody_could_write_is_an_error(names):
    with pytest.raises(AssertionError):
        HERE.owner(names)


@pytest.mark.parametrize(
    "body",
    [
        "component a[2]; a[0] = Bits(2, 0); a[1] = RangeCheck(1, 2, 0);",
        "component a;",
        "a = Bits(2, 0);",
        "component a[2]; a[x[0] = Bits(2, 0);",
        "signal a, b;",
        "signal {binary} a;",
        "signal a; signal a;",
    ],
    ids=[
        "two templates in an array",
        "never made",
        "never declared",
        "brackets that don't match",
        "two signals at once",
        "a tag",
        "declared twice",
    ],
)
def test_what_is_written_in_a_new_way_is_an_error(body):
    with pytest.raises(AssertionError):
        templates({**library(), "new.circom": f"template New() {{ {body} }}"})


def test_what_a_template_assigns_is_told_from_what_it_only_hints():
    body = (
        "signal a; signal b <-- 0; signal c[2]; component d = Bits(2, 0); c[0] <== a; d.in <== a;"
    )
    new = templates({**library(), "new.circom": f"template New() {{ {body} }}"})["New"]
    assert [new.assigns(t) for t in ("a", "b", "c", "d.in", "d.bit")] == [
        False,
        False,
        True,
        True,
        False,
    ]
