"""Every template's outputs are determined by its inputs; where not by itself, by whom else."""

from __future__ import annotations

import re

import pytest
from rig.calls import Call
from tally import Tally
from uniqueness.readings import one_hot, ranged, system, together
from zkpot.prover.uniqueness import Decision, decide

import templates

WITH_READERS = {
    "ConvPacked": "its outputs are slots of one equation: determined once readers bound each slot",
    "ConvPackedBlock": "as ConvPacked, of which it is a part",
}
"""Templates that determine nothing by themselves, and say so in their contract."""

WITH_CALLERS = {
    "LabelIsArgmax": "its hot bits are booleans of one sum: CountCorrect's constraints say so",
}
"""Templates whose inputs are constrained where they come from."""

WITHOUT_OUTPUTS = {
    "RangeCheck": "it only refuses",
    "ConvFolded": "one equation at a challenge: who may choose r may choose out",
    "ConvFreivalds": "as ConvFolded",
}
"""Templates in which there is no output to decide: what they refuse is tested elsewhere."""

FREE = {"inverse", "strayInverse", "differInverse"}
"""Inner signals that are arbitrary where what they invert is 0; no constraint reads them else."""


def open_signals(decision: Decision) -> set[str]:
    """The last names of the inner signals that are not determined."""
    return {re.sub(r"\[.*|.*\.", "", name) for name in decision.names}


def told(tally: Tally, decision: Decision) -> None:
    tally("signals", decision.decided, decision.total)


@pytest.mark.parametrize(
    "template", sorted(set(templates.CALLS) - set(WITH_READERS) - set(WITH_CALLERS))
)
def test_outputs_are_determined_by_inputs(template: str, tally: Tally) -> None:
    decision = decide(together(templates.CALLS[template]))
    tally("templates", int(not decision.open_outputs), 1)
    told(tally, decision)
    assert decision.open_outputs == ()
    assert open_signals(decision) <= FREE
    assert bool(decision.system.outputs) != (template in WITHOUT_OUTPUTS)


@pytest.mark.parametrize("template", sorted(WITH_CALLERS))
def test_outputs_are_determined_by_one_hot_inputs(template: str, tally: Tally) -> None:
    decisions = [decide(system(one_hot(call))) for call in templates.CALLS[template]]
    tally("templates", int(not any(d.open_outputs for d in decisions)), 1)
    for decision in decisions:
        told(tally, decision)
        assert decision.open_outputs == ()
        assert open_signals(decision) <= FREE
    assert decide(together(templates.CALLS[template])).open_outputs, "any hot would do"


def slot(call: Call) -> tuple[int, int]:
    """A slot's width in bits, and the lowest value that it holds."""
    names = {"ConvPacked": (-3, -2), "ConvPackedBlock": (-2, -1)}[call.template]
    stride, low = (int(str(call.parameters[place])) for place in names)
    return stride, low


@pytest.mark.parametrize("template", sorted(WITH_READERS))
def test_packed_outputs_are_determined_by_inputs_and_readers(template: str, tally: Tally) -> None:
    decided = True
    for call in templates.CALLS[template]:
        stride, low = slot(call)
        decision = decide(system(ranged(call, stride, low)))
        told(tally, decision)
        decided = decided and not decision.undecided
        wider = decide(system(ranged(call, stride + 1, low)))
        alone = call.output == (1, 1)
        assert alone or wider.open_outputs, "a reader one bit wider than the slot must not do"
    tally("templates", int(decided), 1)
    assert decided


@pytest.mark.parametrize("template", sorted(WITH_READERS))
def test_packed_outputs_are_not_determined_by_inputs_alone(template: str) -> None:
    decision = decide(together(templates.CALLS[template]))
    assert decision.open_outputs
