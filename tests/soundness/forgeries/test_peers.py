"""Known bugs of published circuits, rewritten in small: the liars' criterion finds each."""

from __future__ import annotations

import re

import pytest
from rig.forge import attempt
from rig.twin import Hint
from rig.witness import signed
from zkpot.compiler.errors import ZkpotError
from zkpot.compiler.field import FIELD

ASSERTED = """
template Rescaled(d) {
    signal input in;
    signal input remainder;
    signal output out <-- (in - remainder) / d;
    assert(remainder < d);
    out * d + remainder === in;
}
"""

RELU_254 = """
template Relu() {
    signal input in;
    signal output out;
    signal bit[254];
    var sum = 0;
    for (var i = 0; i < 254; i++) {
        bit[i] <-- (in >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * (1 << i);
    }
    sum === in;
    out <== (1 - bit[253]) * in;
}
"""

LOOSE_RELU = """
template Relu() {
    signal input in;
    signal positive <-- in < 1 << 100;
    positive * (positive - 1) === 0;
    signal output out <== positive * in;
}
"""


def main(call: str, *inputs: str) -> str:
    arguments = ", ".join(inputs)
    declared = " ".join(f"signal input {name};" for name in inputs)
    body = f"{declared} signal output out <== {call}({arguments});"
    head = 'pragma circom 2.2.0;\ninclude "peer.circom";\n'
    return f"{head}template Main() {{ {body} }}\ncomponent main = Main();\n"


def peer(text: str) -> dict[str, str]:
    return {"peer.circom": f"pragma circom 2.2.0;\n{text}"}


def test_an_assertion_guards_nothing():
    """circomlib-ml's Dense: out·d + remainder = in holds for every out, with its remainder."""
    text = main("Rescaled(10)", "in", "remainder")
    honest = attempt(text, {"in": 57, "remainder": 7}, sources=peer(ASSERTED))
    assert honest.passes and honest.witness["main.out"] == 5
    lie = attempt(text, {"in": 57, "remainder": 57 - 990}, sources=peer(ASSERTED))
    assert lie.passes and lie.witness["main.out"] == 99


def test_254_bits_have_two_readings():
    """circomlib-ml's ReLU: 7 and p + 7 are one element; only one has a sign bit."""
    text, forged = main("Relu()", "in"), FIELD + 7
    assert forged < 1 << 254
    bits = Hint("peer.circom", "Relu", "bit[i]")
    low, high = forged % (1 << 250), forged >> 250
    lie = {bits: f"i < 250 ? ({low} >> i) & 1 : ({high} >> (i - 250)) & 1"}
    assert attempt(text, {"in": 7}, sources=peer(RELU_254)).witness["main.out"] == 7
    told = attempt(text, {"in": 7}, lie, sources=peer(RELU_254))
    assert told.passes and told.witness["main.out"] == 0


@pytest.mark.parametrize(("value", "claim", "out"), [(7, 0, 0), (-7, 1, -7)])
def test_a_comparison_by_hint_is_none(value, claim, out):
    """ZEN's ReLU: a boolean that no constraint ties to the sign."""
    text = main("Relu()", "in")
    lie = {Hint("peer.circom", "Relu", "positive"): str(claim)}
    told = attempt(text, {"in": value}, lie, sources=peer(LOOSE_RELU))
    assert told.passes and signed(told.witness["main.out"]) == out


def test_the_library_refuses_to_be_as_wide():
    """Bits stops at 253: at 254 the same lie would have a place here too."""
    text = (
        'pragma circom 2.2.0;\ninclude "lib/bits.circom";\n'
        "template Main() { signal input in; signal bit[253] <== Bits(254, 0)(in); }\n"
        "component main = Main();\n"
    )
    with pytest.raises(ZkpotError, match=re.compile("assert", re.I)):
        attempt(text, {"in": 7})
