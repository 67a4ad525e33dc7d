"""No fold over what no sponge holds, and no hash of what nobody ranges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig.models import Model, shifted
from zkpot.compiler import ops
from zkpot.compiler.circuit import Circuit, lower
from zkpot.compiler.errors import SoundnessError
from zkpot.compiler.ir import Graph, Interval, Node, TensorType, Value
from zkpot.compiler.passes.absorption import Packing, absorption, declared_range


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return shifted().circuit


def fold_of(circuit: Circuit) -> Node:
    (fold,) = circuit.entries
    return fold


def without_parameter(graph: Graph, name: str, *nodes: Node) -> Graph:
    """``graph`` in which ``name`` is no parameter; ``nodes`` come first."""
    kept = tuple(p for p in graph.parameters if p.name != name)
    return replace(graph, parameters=kept, nodes=(*nodes, *graph.nodes))


def with_fold(graph: Graph, fold: Node) -> Graph:
    nodes = tuple(fold if ops.of(node).uses_challenge else node for node in graph.nodes)
    return replace(graph, nodes=nodes)


def test_everything_private_is_held(circuit):
    plan = circuit.absorption
    assert [p.value for p in plan.commitment] == [p.name for p in circuit.graph.parameters]
    assert [p.value for p in plan.challenge] == [fold_of(circuit).output.name]
    assert plan.commitment_length == 1 + sum(p.elements for p in plan.commitment)
    assert plan.challenge_length == 4 + sum(p.elements for p in plan.challenge)


@pytest.mark.parametrize("position", [1, 2], ids=["weight", "bias"])
def test_a_fold_over_an_unabsorbed_tensor_is_refused(circuit, position):
    name = fold_of(circuit).inputs[position]
    value = circuit.graph.value(name)
    source = Node("select", "elsewhere", (), value)
    broken = without_parameter(circuit.graph, name, source)
    with pytest.raises(SoundnessError, match=f"uses '{name}', which no sponge absorbs"):
        absorption(broken, circuit.samples)


def test_low_bits_outside_the_hash_are_refused(circuit):
    stride = fold_of(circuit).attrs["hash_stride"]
    with pytest.raises(SoundnessError, match="not constrained to them"):
        narrower = fold_of(circuit).with_attrs(hash_stride=stride - 1)
        absorption(with_fold(circuit.graph, narrower), circuit.samples)
    wider = fold_of(circuit).with_attrs(hash_stride=stride + 1)
    absorption(with_fold(circuit.graph, wider), circuit.samples)


def test_hashing_an_output_that_nobody_ranges_is_refused(circuit):
    reader = next(circuit.graph.consumers(fold_of(circuit).output.name))
    total = Node("add", reader.name, reader.inputs * 2, reader.output, {"scale_a": 1, "scale_b": 1})
    nodes = tuple(total if node is reader else node for node in circuit.graph.nodes)
    with pytest.raises(SoundnessError, match="hashing packed values that are not range-checked"):
        absorption(replace(circuit.graph, nodes=nodes), circuit.samples)


def test_biases_count_in_lowering():
    model = Model(3, np.random.default_rng(2))
    task = model.task(model.dense("data", 3, 2), 2)
    held = {p.value for p in task.circuit.absorption.commitment}
    assert held == set(task.values)
    assert lower(task.circuit.model, 2, 4, task.circuit.accumulators) == task.circuit


@pytest.mark.parametrize(
    ("count", "stride", "slots", "elements"),
    [(1, 253, 1, 1), (12, 21, 12, 1), (13, 21, 12, 2), (10, 127, 1, 10), (10, 126, 2, 5)],
)
def test_packings_fill_253_bits(count, stride, slots, elements):
    packing = Packing("v", count, stride)
    assert (packing.slots, packing.elements) == (slots, elements)


@pytest.mark.parametrize(
    ("interval", "declared"),
    [
        (Interval(-64, 63), Interval(-64, 63)),
        (Interval(-64, 64), Interval(-64, 191)),
        (Interval(0, 254), Interval(0, 255)),
    ],
)
def test_a_declared_range_is_a_power_of_two_window(interval, declared):
    assert declared_range(Value("w", TensorType((1, 1), interval))) == declared
