"""Packed values whose slots nobody bounds: any k, or two models behind one commitment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rig.build import compiled, library
from rig.forge import attempt, constants, replaced, without_sponges
from rig.models import Model, Task, shifted
from rig.twin import Hint, patched
from rig.witness import complaints, solve
from tally import counted
from zkpot.compiler.field import FIELD
from zkpot.compiler.ops.base import int_attr

OUT = Hint("nn/conv_packed.circom", "ConvPackedBlock", "out[i][at]")


def logits(task: Task) -> np.ndarray:
    return task.interpreted()[task.circuit.evaluation.inputs[0]]


def losing(task: Task, classes: int) -> Task:
    """The task with labels, below ``classes``, that the model gets wrong."""
    order = logits(task)[:, :classes].argsort(1)
    return replace(task, labels=order[:, 0].tolist())


def last_stride(task: Task) -> int:
    (node,) = (n for n in task.circuit.graph.nodes if n.op == "conv_packed")
    return int_attr(node, "stride")


def hashed_outside(task: Task) -> tuple[str, dict[str, Any]]:
    """The task's circuit without its sponges, and the honest inputs, cm and r among them."""
    statement = task.statement()
    inputs = {**task.inputs(statement), "cm": statement.cm, "r": statement.r}
    return without_sponges(task.text), inputs


@counted("attacks")
def test_an_unranged_label_logit_makes_every_k_provable():
    """All differences are blind to a common offset, which the packed equation doesn't bound."""
    task = losing(shifted(), 3)
    honest, stride = logits(task), last_stride(task)
    assert task.statement().k == 0
    ones = sum(1 << (stride * j) for j in range(3))
    forged = []
    for row, label in zip(honest.tolist(), task.labels, strict=True):
        lift = max(row) - row[label] + 1
        common = -(lift << (stride * label)) * pow(ones, -1, FIELD)
        forged.append([v + common + lift * (j == label) for j, v in enumerate(row)])
    lies = {OUT: constants(forged)}
    inputs = task.inputs(task.statement())

    broken = patched(
        library(), "eval/count_correct.circom", " + chosen[j] - lo * h[j] + (1", " + (1"
    )
    unranged = attempt(task.text, inputs, lies, broken)
    assert unranged.passes
    assert unranged.witness["main.k"] == 3

    real = attempt(task.text, inputs, lies)
    assert real.objects(r"sample\[\d\]\.bit\[")


@counted("attacks")
def test_a_stride_narrower_than_the_outputs_makes_slots_interchangeable():
    task = losing(shifted(), 2)
    assert task.statement().k == 0
    narrow = 4
    forged = []
    for row, label in zip(logits(task).tolist(), task.labels, strict=True):
        amount = max(row) - min(row) + 1
        one = [row[0] - (amount << narrow), row[1] + amount, row[2]]
        forged.append(one if label else [row[0] + (amount << narrow), row[1] - amount, row[2]])
    lies = {OUT: constants(forged)}
    main, inputs = hashed_outside(task)

    text = replaced(main, r"(ConvPacked\([^)]*, )\d+(, -?\d+, \d+\))", rf"\g<1>{narrow}\g<2>")
    calibrated = attempt(text, inputs, lies)
    assert calibrated.passes
    assert calibrated.witness["main.k"] == 3

    assert attempt(main, inputs, lies).objects(r"v_private_weight_2\[")


SCALE = 1 << 20


def scaled_task() -> Task:
    model = Model(3, np.random.default_rng(71))
    hidden = model.requantize(model.dense("data", 3, 2), 2.0**-2)
    return losing(model.task(model.scale(model.dense(hidden, 2, 2), (1, SCALE)), 2), 2)


def fractions(task: Task) -> list[list[int]]:
    """Logits in which slot 1 holds a fraction: scaled up it is small, packed it is a carry."""
    stride, forged = last_stride(task), []
    for (first, second), label in zip(logits(task) // [1, SCALE], task.labels, strict=True):
        steps = abs(int(first) - int(second) * SCALE) // (SCALE >> stride) + 1
        down = steps if label else -steps
        forged.append([int(first) - down, int(second) + down * pow(1 << stride, -1, FIELD)])
    return forged


@counted("attacks")
def test_a_linear_reader_bounds_no_slot():
    """Behind a factor a small integer may come from a field element that is no integer."""
    task = scaled_task()
    assert task.statement().k == 0
    lies = {OUT: constants(fractions(task))}
    main, inputs = hashed_outside(task)
    text = replaced(main, r"<== RangeChecked\([^)]*\)\((v_dense_\w+)\)", r"<== \1")
    unchecked = attempt(text, inputs, lies)
    assert unchecked.passes
    assert unchecked.witness["main.k"] == 2
    assert attempt(main, inputs, lies).objects(r"RangeChecked#\d\.range\[\d\]\.bits")


@counted("attacks")
def test_weights_that_nobody_ranges_give_one_commitment_two_models():
    task = replace(shifted(), data=np.array([[1, 0, 0, 0], [0, 2, 0, 0], [-3, 0, 1, 0]]))
    (name, *_) = task.values
    stride = task.circuit.absorption.commitment[0].stride
    other = task.values[name].copy()
    other[0, 0] += 1 << stride
    other[0, 1] -= 1
    second = replace(task, values={**task.values, name: other})
    statements = [one.statement() for one in (task, second)]
    assert statements[0].cm == statements[1].cm
    assert (
        task.outputs()[task.circuit.entries[0].output.name]
        != second.outputs()[task.circuit.entries[0].output.name]
    ).any()

    text = replaced(task.text, r"<== RangeChecked\([^)]*\)\((v_private_weight_0)\)", r"<== \1")
    unranged = compiled(text)
    for one, statement in zip((task, second), statements, strict=True):
        assert complaints(unranged, solve(unranged, one.inputs(statement))) == []
    real = attempt(task.text, second.inputs(statements[1]))
    assert real.objects(r"RangeChecked#0\.range\[0\]\.bits\[[01]\]")
