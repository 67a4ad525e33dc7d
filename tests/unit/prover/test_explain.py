"""What explain says, held against the cost formulas and against circuits that were changed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rig.conv_models import convolutional
from rig.models import Model
from zkpot.compiler import ops
from zkpot.compiler.circuit import Circuit, costs, lower
from zkpot.compiler.errors import InputError
from zkpot.compiler.ir import Interval
from zkpot.compiler.sizes import circuit_size
from zkpot.prover.explain import Explanation, explain
from zkpot.prover.savings import savings

HIDDEN, SAMPLES = 6, 5


def network(ratio: float, weight_bits: int = 4, samples: int = SAMPLES) -> Circuit:
    model = Model(8, np.random.default_rng(1))
    x = model.requantize(model.dense("data", 8, HIDDEN), ratio)
    return model.task(model.dense(x, HIDDEN, 3), samples, weight_bits=weight_bits).circuit


def total(circuit: Circuit) -> int:
    return sum(part.constraints for part in costs(circuit))


@pytest.fixture(scope="module")
def shifted() -> Explanation:
    return explain(network(2.0**-4))


def test_the_lines_are_the_parts_of_the_circuit(shifted: Explanation) -> None:
    circuit = network(2.0**-4)
    found = [(line.name, line.op, line.constraints) for line in shifted.lines]
    assert found == [(part.name, part.op, part.constraints) for part in costs(circuit)]
    assert shifted.constraints == total(circuit)
    assert sum(line.nonzeros for line in shifted.lines) == shifted.nonzeros
    assert shifted.nonzeros == circuit_size(circuit).nonzeros
    assert sum(line.share for line in shifted.lines) == pytest.approx(1)


def test_each_line_says_shape_width_and_strategy(shifted: Explanation) -> None:
    circuit = network(2.0**-4)
    room = circuit.accumulators["dense_0:0"]
    lines = {line.name: line for line in shifted.lines}
    assert (lines["dense_0"].shape, lines["dense_0"].bits) == ((HIDDEN,), room.bits)
    assert (lines["requantize_1"].shape, lines["requantize_1"].bits) == ((HIDDEN,), 8)
    assert lines["weight_0"].strategy == "4 bits"
    assert lines["challenge r"].bits == 0
    assert all(line.strategy for line in shifted.lines)


def test_images_are_shown_as_images() -> None:
    lines = [line for line in explain(convolutional().circuit).lines if line.op in ops.REGISTRY]
    layers = [line for line in lines if ops.REGISTRY[line.op].accumulates]
    # The row and the column of the second convolution that no maximum reads are not computed.
    assert [line.shape for line in layers] == [(2, 6, 6), (5, 2, 2), (3,)]
    assert [line.shape for line in lines if line.op == "max_pool"] == [(2, 3, 3), (5,)]
    assert layers[0].strategy.startswith("folded by the verifier, ")
    assert all(line.strategy.startswith(("packed", "folded in the circuit")) for line in layers[1:])


def test_power_of_two_scales_save_what_it_says() -> None:
    general, exact = network(0.07), network(2.0**-4)
    found = {s.change: s for s in savings(general) if s.node == "requantize_1"}
    # With room for the same accumulators; their rounding may take a little of it.
    same = lower(exact.model, exact.samples, exact.weight_bits, general.accumulators)
    assert found["power-of-two scales"].constraints == total(general) - total(same)
    assert not [s for s in savings(exact) if s.change == "power-of-two scales"]


def residual(scale: float) -> Circuit:
    model = Model(8, np.random.default_rng(2))
    x = model.requantize(model.dense("data", 8, HIDDEN), 2.0**-4)
    y = model.requantize(model.dense(x, HIDDEN, HIDDEN), 2.0**-6)
    added = model.add_quantized(x, y, (scale, scale, 1.0))
    return model.task(model.dense(added, HIDDEN, 3), SAMPLES).circuit


def test_power_of_two_scales_of_a_sum_save_what_they_say() -> None:
    general, exact = residual(5 / 16), residual(1 / 4)
    found = {s.node: s for s in savings(general) if s.change == "power-of-two scales"}
    assert found["add_quantized_4"].constraints == total(general) - total(exact) > 0
    assert not [s for s in savings(exact) if s.change == "power-of-two scales"]


def test_a_narrower_accumulator_saves_what_it_says() -> None:
    circuit = network(2.0**-4)
    room = circuit.accumulators["dense_2:0"]
    half = Interval(-(-127 * room.lo // 256), 127 * room.hi // 256)
    assert half.bits == room.bits - 1
    narrower = {**circuit.accumulators, "dense_2:0": half}
    changed = lower(circuit.model, SAMPLES, circuit.weight_bits, narrower)
    found = {s.node: s for s in savings(circuit) if "accumulator" in s.change}
    assert found["dense_2"].constraints == total(circuit) - total(changed)


def test_narrower_weights_save_what_they_say() -> None:
    circuit = network(2.0**-4, weight_bits=8)
    changed = lower(circuit.model, SAMPLES, 7, circuit.accumulators)
    found = next(s for s in savings(circuit) if not s.node)
    assert found.change == "weights of 7 bits"
    assert found.constraints == total(circuit) - total(changed) > 0
    assert "zkpot quantize --weight-bits 7" in str(found)


def test_savings_are_positive_and_the_greatest_first() -> None:
    found = [s.constraints for s in savings(network(0.07))]
    assert found == sorted(found, reverse=True)
    assert min(found) > 0


def test_the_json_is_complete_and_the_same_every_time(shifted: Explanation) -> None:
    text = json.dumps(shifted.to_json())
    assert text == json.dumps(explain(network(2.0**-4)).to_json())
    raw = json.loads(text)
    assert set(raw) == {
        *("circuit_id", "samples", "constraints", "nonzeros", "lines", "savings", "advice"),
    }
    assert set(raw["lines"][0]) == {
        *("name", "op", "shape", "bits", "strategy", "constraints", "nonzeros", "share"),
    }
    assert len(raw["advice"]) == len(raw["savings"])


def test_a_change_that_cannot_be_compiled_is_not_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Circuit:
        raise InputError("it can't be compiled")

    circuit = network(0.07)
    assert savings(circuit)
    monkeypatch.setattr("zkpot.prover.savings.lower", refuse)
    assert savings(circuit) == ()
