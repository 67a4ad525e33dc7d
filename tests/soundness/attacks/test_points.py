"""Proof points that are no elements of their groups, or not written as such."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from groth import Q, add, coordinates, g1_json, g2_json, neg, outside_the_subgroup, point1, point2
from stage import reasons
from tally import counted
from zkpot.compiler.errors import InvalidProof
from zkpot.prover.engine.verify import ProofPointError
from zkpot.prover.verify import FalseProof

Change = Callable[[Any], Any]


def x_plus(amount: int) -> Change:
    def change(p: Any) -> Any:
        moved = copy.deepcopy(p)
        holder = moved if isinstance(p[0], str) else moved[0]
        holder[0] = str(int(holder[0]) + amount)
        return moved

    return change


def in_both(one: Any, two: Any) -> Change:
    return lambda p: one if isinstance(p[0], str) else two


ZERO, ONE = ["0", "0"], ["1", "0"]
MALFORMED: dict[str, Change] = {
    "off the curve": x_plus(1),
    "the origin": in_both(["0", "0", "1"], [ZERO, ZERO, ONE]),
    "infinity as snarkjs writes it": in_both(["0", "1", "0"], [ZERO, ONE, ZERO]),
    "infinity as zeros": in_both(["0", "0", "0"], [ZERO, ZERO, ZERO]),
    "its own coordinates at infinity": lambda p: [*p[:2], "0" if isinstance(p[0], str) else ZERO],
    "another scale": lambda p: [*p[:2], "2" if isinstance(p[0], str) else ["2", "0"]],
    "a coordinate above the base field": x_plus(Q),
    "a coordinate of 300 bits": x_plus(Q << 46),
    "a negative coordinate": x_plus(-Q),
    "numbers": lambda p: json.loads(json.dumps(p).replace('"', "")),
    "a blank in a number": lambda p: json.loads(json.dumps(p).replace('["', '[" ', 1)),
    "affine": lambda p: p[:2],
    "a coordinate more": lambda p: [*p, p[2]],
    "of the other group": lambda p: [p, p, ONE] if isinstance(p[0], str) else [c[0] for c in p],
    "a word": lambda p: "infinity",
    "an object": lambda p: dict(enumerate(p)),
    "nothing": lambda p: None,
}


@counted("attacks")
@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("part", ["pi_a", "pi_b", "pi_c"])
def test_a_malformed_point(stage, alice, part, name):
    proof = {**alice.proof, part: MALFORMED[name](alice.proof[part])}
    assert proof[part] != alice.proof[part]
    stage.refuses(alice.model_copy(update={"proof": proof}), ProofPointError)


@counted("attacks")
@pytest.mark.parametrize("part", ["pi_a", "pi_b", "pi_c"])
def test_a_missing_point(stage, alice, part):
    proof = {name: value for name, value in alice.proof.items() if name != part}
    stage.refuses(alice.model_copy(update={"proof": proof}), ProofPointError)


@counted("attacks")
def test_a_point_outside_the_subgroup(stage, alice):
    """On the twist, of another order; alone, and as a stray part of the honest B."""
    stray = outside_the_subgroup()
    for point in (stray, add(point2(alice.proof["pi_b"]), stray)):
        proof = {**alice.proof, "pi_b": g2_json(point)}
        stage.refuses(alice.model_copy(update={"proof": proof}), ProofPointError)


@counted("attacks")
@pytest.mark.parametrize("part", ["pi_a", "pi_b", "pi_c"])
def test_a_negated_point(stage, alice, part):
    """A member of its group, and not of this proof."""
    value = alice.proof[part]
    negated = g2_json(neg(point2(value))) if part == "pi_b" else g1_json(neg(point1(value)))
    stage.refuses(alice.model_copy(update={"proof": {**alice.proof, part: negated}}), FalseProof)


@counted("attacks")
@pytest.mark.parametrize("field", ["protocol", "curve"])
def test_a_proof_that_calls_itself_another_kind(stage, alice, field):
    proof = {**alice.proof, field: "plonk"}
    stage.refuses(alice.model_copy(update={"proof": proof}), ProofPointError)


@counted("attacks")
def test_leading_zeros_make_no_new_statement(stage, alice):
    """A coordinate has many spellings; a bundle is known by what it proves, not by its bytes."""
    x, y, z = alice.proof["pi_a"]
    spelled = alice.model_copy(update={"proof": {**alice.proof, "pi_a": [f"0{x}", y, z]}})
    assert coordinates(point1(spelled.proof["pi_a"])) == coordinates(point1(alice.proof["pi_a"]))
    assert reasons(stage.rank({"alice": alice, "spelled": spelled})) in (
        {"spelled": "duplicate"},
        {"spelled": "malformed proof"},
    )


@counted("attacks")
def test_no_proof_at_all(stage, alice):
    stage.refuses(alice.model_copy(update={"proof": {}}), InvalidProof)
