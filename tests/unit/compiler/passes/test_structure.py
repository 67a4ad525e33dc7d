"""Dead code, the data's one reader, declared ranges, and the evaluation routine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig.models import BYTE, INT32, Model
from zkpot.compiler import ops
from zkpot.compiler.circuit import lower
from zkpot.compiler.errors import InputError
from zkpot.compiler.evaluation import append_evaluation
from zkpot.compiler.ir import Interval, TensorType, Value
from zkpot.compiler.passes.declare import declare, window_for
from zkpot.compiler.passes.drop_dead import drop_dead
from zkpot.compiler.passes.public_data import public_data
from zkpot.compiler.program import Program, derived, insert_after


def model(seed: int = 3) -> Model:
    return Model(4, np.random.default_rng(seed))


def test_what_nobody_reads_is_dropped_with_its_parameters():
    one = model()
    hidden = one.requantize(one.dense("data", 4, 3), 0.5)
    logits = one.dense(hidden, 3, 2)
    dead = one.dense(hidden, 3, 5)
    one.requantize(dead, 0.25)
    graph = one.graph(logits)
    kept = drop_dead(Program(graph, 1)).graph
    assert [n.output.name for n in kept.nodes] == ["dense_0:0", "requantize_1:0", "dense_2:0"]
    assert {p.name for p in kept.parameters} == {"weight_0", "bias_0", "weight_2", "bias_2"}
    assert drop_dead(Program(kept, 1)).graph == kept


def test_a_dead_layer_costs_and_commits_nothing():
    alive = model()
    logits = alive.dense(alive.requantize(alive.dense("data", 4, 3), 0.5), 3, 2)
    without = alive.task(logits, 2).circuit
    dead = model()
    hidden = dead.requantize(dead.dense("data", 4, 3), 0.5)
    logits = dead.dense(hidden, 3, 2)
    dead.dense(hidden, 3, 7)
    lowered = dead.task(logits, 2).circuit
    assert lowered.graph == without.graph
    assert lowered.absorption == without.absorption


def test_linear_layers_on_the_data_are_folded_and_no_others():
    one = model()
    first = one.dense("data", 4, 3)
    second = one.dense(one.requantize(first, 0.5), 3, 2)
    nodes = public_data(Program(one.graph(second), 1)).graph.nodes
    assert [ops.of(n).uses_challenge for n in nodes] == [True, False, False]


def test_two_layers_on_the_data_are_both_folded():
    one = model()
    left, right = one.dense("data", 4, 3), one.dense("data", 4, 3)
    total = one.add_quantized(one.requantize(left, 0.5), one.requantize(right, 0.5), (1, 1, 1))
    nodes = public_data(Program(one.graph(total), 1)).graph.nodes
    assert [ops.of(n).uses_challenge for n in nodes] == [True, True, False, False, False]


def test_data_that_something_else_reads_become_a_witness():
    one = model()
    graph = one.graph(one.dense(one.requantize("data", 0.5), 4, 2))
    entry, *others = public_data(Program(graph, 1)).graph.nodes
    assert (entry.op, entry.inputs) == ("public_data", ("data",))
    assert all("data" not in node.inputs for node in others)


@pytest.mark.parametrize(
    ("interval", "window"),
    [
        (Interval(-128, 127), (-128, 127)),
        (Interval(-129, 0), (-256, 255)),
        (Interval(0, 128), (-256, 255)),
        (Interval(0, 127), (-128, 127)),
        (Interval(-1, 1), (-2, 1)),
        (Interval(0, 0), (-2, 1)),
    ],
)
def test_windows_are_signed_powers_of_two(interval, window):
    assert window_for(interval) == Interval(*window)


@pytest.mark.parametrize("bits", [4, 7, 8])
def test_declared_ranges_depend_on_widths_and_never_on_weights(bits):
    found = []
    for seed in (3, 4):
        one = model(seed)
        graph = one.graph(one.dense("data", 4, 3))
        accumulators = {"dense_0:0": Interval(-5000, 4000)}
        found.append(declare(Program(graph, 1, accumulators), bits).graph)
    assert found[0] == found[1]
    weight, bias = found[0].parameters
    half = 1 << (bits - 1)
    assert weight.type.interval == Interval(-half, half - 1)
    assert bias.type.interval == Interval(-8192, 8191)
    worst = Interval(-4 * 127 * half - 8192, 4 * 128 * half + 8191)
    assert found[0].nodes[0].output.type.interval == worst


def test_weights_with_a_zero_point_keep_their_whole_range():
    one = model()
    output = one.dense("data", 4, 3)
    one.parameters["weight_0"] = Value("weight_0", TensorType((4, 3), Interval(-3, 252)))
    declared = declare(Program(one.graph(output), 1, {output: Interval(-9, 9)}), 8)
    assert declared.graph.parameters[0].type.interval == Interval(-3, 252)


def test_the_evaluation_takes_the_honest_interval():
    one = model()
    output = one.dense("data", 4, 3)
    program = append_evaluation(Program(one.graph(output), 1, {output: Interval(-100, 155)}))
    attrs = program.graph.nodes[-1].attrs
    assert (attrs["lo"], attrs["bits"]) == (-100, 9)
    wider = replace(program, graph=one.graph(output), accumulators={output: Interval(-100, 156)})
    assert append_evaluation(wider).graph.nodes[-1].attrs["bits"] == 10


def test_one_logit_is_no_classification():
    one = model()
    with pytest.raises(InputError, match="at least two classes"):
        append_evaluation(Program(one.graph(one.dense("data", 4, 1)), 1))


def test_an_insertion_rewires_all_later_readers_and_no_other():
    one = model()
    hidden = one.requantize(one.dense("data", 4, 3), 0.5)
    total = one.add_quantized(hidden, hidden, (1, 1, 1))
    nodes = one.graph(one.dense(total, 3, 2)).nodes
    new = derived(nodes[1], "range", "range_check", nodes[1].output)
    found = insert_after(nodes, nodes[1], new)
    assert [n.op for n in found][:4] == ["dense", "requantize", "range_check", "add_quantized"]
    assert found[2].inputs == (hidden,)
    assert found[3].inputs == (f"{hidden}.range",) * 2


def test_declared_types_reach_the_whole_graph():
    one = model()
    logits = one.dense(one.requantize(one.dense("data", 4, 3), 0.5), 3, 2)
    graph = one.graph(logits)
    assert {p.type.interval for p in graph.parameters} == {BYTE, INT32}
    accumulators = {n.output.name: Interval(-99, 99) for n in graph.nodes if n.op == "dense"}
    circuit = lower(graph, 2, 5, accumulators)
    intervals = {p.name: p.type.interval for p in circuit.graph.parameters}
    assert intervals["weight_2"] == Interval(-16, 15)
    assert intervals["bias_2"] == Interval(-128, 127)
