"""Holes that a search for them found in this project, closed since: each once worked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig.build import library
from rig.forge import attempt, downstream
from rig.models import Model, Task, linear, shifted
from rig.twin import patched
from tally import counted
from zkpot.compiler import ops
from zkpot.compiler.accumulators import worst_cases
from zkpot.compiler.circuit import lower
from zkpot.compiler.ir import Interval

COUNT = "eval/count_correct.circom"


def all_right(task: Task) -> Task:
    logits = task.interpreted()[task.circuit.evaluation.inputs[0]]
    return replace(task, labels=logits.argmax(1).tolist())


def with_room_below(task: Task) -> Task:
    """With 1.5 times each worst case as the interval: no power of two, so that biases, whose ranges
    are powers of two, can move accumulators out of it."""
    circuit, room = task.circuit, dict(task.circuit.accumulators)
    for node in circuit.model.nodes:
        if node.output.name in room:
            worst = [w.interval for w in worst_cases(circuit.model, node, task.values)]
            ends = min(w.lo for w in worst), max(w.hi for w in worst)
            room[node.output.name] = Interval(*(3 * end // 2 for end in ends))
    narrow = lower(circuit.model, circuit.samples, circuit.weight_bits, room)
    return replace(task, circuit=narrow)


@counted("attacks")
@pytest.mark.parametrize("network", [linear, shifted], ids=["one layer", "two layers"])
def test_a_count_lowered_by_logits_below_all_honest_ones(network):
    """A bias moves all logits down alike: every prediction stays, but no label's logit is above
    the lowest honest one, which once counted as beaten."""
    task = all_right(with_room_below(network()))
    lo = task.circuit.evaluation.attrs["lo"]
    name = [p.name for p in task.circuit.graph.parameters if p.name.startswith("bias")][-1]
    highest = int(task.interpreted()[task.circuit.evaluation.inputs[0]].max())
    lowered = replace(task, values={**task.values, name: task.values[name] + lo - 1 - highest})
    statement = lowered.statement()
    assert statement.k == task.circuit.samples

    old = ("(1 - sign) * (sign - h[j]) === 0", "sign * (sign - 1) === 0")
    once = attempt(task.text, lowered.inputs(statement), sources=patched(library(), COUNT, *old))
    assert once.passes
    assert once.witness["main.k"] == 0
    assert attempt(task.text, lowered.inputs(statement)).objects(r"sample\[\d\]\.bit\[")


SPECIAL = ("@zeros:3", "@r", "@labels", "@u", "@powers:4")
"""What names of inputs that are no tensors were once spelled like."""


@counted("attacks")
@pytest.mark.parametrize("name", SPECIAL)
def test_a_bias_by_the_name_of_something_else(name):
    """cm bound this bias, and the circuit computed with constant zeros in its place."""
    model = Model(4, np.random.default_rng(91))
    output = model.dense("data", 4, 3)
    (weight, bias) = model.nodes[0].inputs[1:]
    model.parameters[name] = replace(model.parameters.pop(bias), name=name)
    model.values[name] = model.values.pop(bias)
    model.nodes[0] = replace(model.nodes[0], inputs=("data", weight, name))
    task = all_right(model.task(output, 3))
    assert attempt(task.text, task.inputs(task.statement())).passes

    without = {output: task.data @ task.values[weight]}
    assert (downstream(task, {})[output] != without[output]).any()
    assert attempt(task.text, task.inputs(task.statement(without), without)).objects("ConvFolded")


def test_a_tensor_by_the_name_of_the_count():
    """Names that passes give never stand for a tensor of the model."""
    model = Model(4, np.random.default_rng(92))
    hidden = model.requantize(model.dense("data", 4, 3), 2.0**-4)
    node = model.nodes[-1]
    model.nodes[-1] = replace(node, output=replace(node.output, name="correct"))
    task = model.task(model.dense("correct", 3, 3), 3)
    assert hidden != "correct"
    assert ops.of(task.circuit.evaluation).name == "count_correct"
    assert attempt(task.text, task.inputs(task.statement())).passes
