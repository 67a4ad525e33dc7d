"""Random models as circuits: lowered, priced, and some of them compiled and given a witness."""

from __future__ import annotations

import numpy as np
from rig.build import compiled
from rig.models import Task
from rig.witness import complaints, solve
from zkpot.compiler.accumulators import chosen_accumulators, refuse_overflow
from zkpot.compiler.circuit import costs, lower
from zkpot.compiler.frontend.importer import Imported
from zkpot.compiler.interpret import interpret, quantize

from .sketch import Array

SAMPLES = 2


def task(imported: Imported, x: Array) -> Task:
    """The model lowered for two samples of ``x``; what it computes stays the same."""
    graph, values = imported.graph, imported.values
    room = chosen_accumulators(graph, values, imported.accumulator_bits)
    circuit = lower(graph, SAMPLES, imported.weight_bits or 8, room)
    refuse_overflow(circuit.graph, values)
    data = quantize(x.reshape(len(x), -1), graph.quantization)
    before = interpret(graph, data, values)[graph.output]
    after = interpret(circuit.graph, data, values)[circuit.evaluation.inputs[0]]
    assert np.array_equal(before, after)
    labels = before[:SAMPLES].argmax(-1)
    labels[1:] = (labels[1:] + 1) % circuit.classes
    return Task(circuit, values, data[:SAMPLES], labels.tolist())


def predicted(one: Task) -> int:
    """How many constraints the model is said to cost."""
    return sum(line.constraints for line in costs(one.circuit))


def faults(one: Task) -> list[str]:
    """Compiles the circuit: where it does not cost what was predicted, or does not say what the
    native side says."""
    built = compiled(one.text)
    statement = one.statement()
    witness = solve(built, one.inputs(statement))
    public = [witness[built.wires[w]] for w in range(1, built.equations.public + 1)]
    found = {
        "price": len(built.equations) == predicted(one),
        "equations": complaints(built, witness) == [],
        "statement": public == statement.signals(),
    }
    return [f"{what}\n{one.circuit.graph}" for what, right in found.items() if not right]
