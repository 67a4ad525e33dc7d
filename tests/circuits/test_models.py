"""Whole lowered models: the emitted circuit's statement, and its price, line by line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig.build import compiled
from rig.conv_models import CONVOLUTIONAL
from rig.models import ALL, Model, Task, shifted
from rig.witness import complaints, solve
from zkpot.compiler.accumulators import refuse_overflow
from zkpot.compiler.circuit import costs
from zkpot.compiler.emit import emit
from zkpot.compiler.errors import InputError
from zkpot.compiler.ir import Interval
from zkpot.compiler.record import from_record

EVERY = (*ALL, *CONVOLUTIONAL)


def public(task) -> list[int]:
    built = compiled(task.text)
    witness = solve(built, task.inputs(task.statement()))
    assert complaints(built, witness) == []
    return [witness[built.wires[wire]] for wire in range(1, built.equations.public + 1)]


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_the_circuit_states_what_the_native_side_states(make):
    task = make()
    assert public(task) == task.statement().signals()


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_the_costs_add_up_to_the_circuit(make):
    task = make()
    assert sum(line.constraints for line in costs(task.circuit)) == len(
        compiled(task.text).equations
    )


def test_all_right_labels_count_in_full():
    task = shifted()
    logits = task.interpreted()[task.circuit.evaluation.inputs[0]]
    task = replace(task, labels=logits.argmax(1).tolist())
    assert public(task)[2] == 3


def test_a_record_lowers_to_the_same_text():
    circuit = shifted().circuit
    again = from_record(circuit.to_json())
    assert again == circuit
    assert emit(again) == emit(circuit)


def overflowing(bias: int) -> Task:
    """Two logits of factors 3 and 1, with a bias that lifts the first."""
    model = Model(2, np.random.default_rng(66))
    output = model.dense("data", 2, 2)
    scaled = model.scale(output, (3, 1))
    task = model.task(scaled, 1, accumulators={output: Interval(-260, 252)})
    task.values["weight_0"][:] = [[1, 1], [1, 0]]
    task.values["bias_0"][:] = [[bias, 0]]
    return replace(task, data=np.array([[127, 127]]), labels=[0])


def test_a_model_that_commits_can_always_prove():
    """What refuse_overflow lets through has a witness at its worst input; behind factors too."""
    fits = overflowing(422 - 254)
    refuse_overflow(fits.circuit.graph, fits.values)
    assert public(fits) == fits.statement().signals()
    with pytest.raises(InputError, match=r"room for \[-260, 422\]"):
        refuse_overflow(fits.circuit.graph, overflowing(423 - 254).values)
