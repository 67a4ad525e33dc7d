"""Over a tiny prime all witnesses of the smallest templates are tried: no input has two outputs."""

from __future__ import annotations

import pytest
from rig.calls import Call, source
from uniqueness.exhaustive import counterexample, reduced, witnesses
from uniqueness.readings import system
from zkpot.prover.uniqueness import System

BITS, POOL, COUNT = "lib/bits.circom", "nn/max_pool.circom", "eval/count_correct.circom"
SHIFT, LINE = "nn/requantize_shift.circom", "nn/requantize_line.circom"


def one(include: str, template: str, *parameters: int, inputs: int = 1) -> System:
    """O1, since fewer wires are fewer tries; no linear constraint of these loses an input."""
    call = Call(include, template, parameters, ((),) * inputs, ())
    return system(source([call]), optimize="O1")


SMALLEST = {
    # tiny prime: above all integers that the template's constraints admit
    "AtMost": (one(SHIFT, "AtMost", 2, 2), 23),
    "Larger": (one(POOL, "Larger", 2, inputs=2), 17),
    "RequantizeShiftOne": (one(SHIFT, "RequantizeShiftOne", 5, 1, -4, 0, 2, 3), 53),
    "RequantizeShiftOne, tight": (one(SHIFT, "RequantizeShiftOne", 5, 2, -4, 0, 2, 3), 53),
    "RequantizeShiftOne, odd": (one(SHIFT, "RequantizeShiftOne", 5, 1, -3, 1, 2, 3), 53),
    "RequantizeLineOne": (one(LINE, "RequantizeLineOne", 3, -4, 3, 1, 0, 5, -1, 2, 3), 83),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_no_input_has_two_outputs(name: str) -> None:
    found, prime = SMALLEST[name]
    assert counterexample(reduced(found, prime)) is None


def test_the_comparisons_admit_one_answer_a_label() -> None:
    call = Call(COUNT, "LabelIsArgmax", (2, 3, -2), ((2,), (1,)), ())
    found = system(source([call]), optimize="O1")
    label = next(w for w in found.inputs if "x1" in found.name(w))
    assert counterexample(reduced(found, 37), {label: (0, 1)}) is None


def test_a_satisfied_circuit_has_witnesses() -> None:
    """The search does find what there is: 4 values fit in 2 bits, and no other."""
    found = reduced(system(source([Call(BITS, "Bits", (2, 0), ((),), (1,))])), 13)
    (wire,) = found.inputs
    counts = [len(list(witnesses(found, {wire: value}))) for value in range(13)]
    assert counts == [1] * 4 + [0] * 9
