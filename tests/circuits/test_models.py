"""Whole lowered models: the emitted circuit's statement, and its price, line by line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rig.build import compiled
from rig.models import ALL, shifted
from rig.witness import complaints, solve
from zkpot.compiler.circuit import costs, from_record
from zkpot.compiler.emit import emit


def public(task) -> list[int]:
    built = compiled(task.text)
    witness = solve(built, task.inputs(task.statement()))
    assert complaints(built, witness) == []
    return [witness[built.wires[wire]] for wire in range(1, built.equations.public + 1)]


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_the_circuit_states_what_the_native_side_states(make):
    task = make()
    assert public(task) == task.statement().signals()


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
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
