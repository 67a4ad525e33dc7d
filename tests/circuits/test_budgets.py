"""The budgets of design 3.9, on compiled circuits."""

from __future__ import annotations

import numpy as np
import pytest
from rig.build import compiled
from rig.calls import Case, case, constraint_counts
from rig.models import Model, Task
from zkpot.compiler.circuit import costs
from zkpot.compiler.field import PACK_BITS
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.base import int_attr
from zkpot.compiler.ops.geometry import Geometry, geometry
from zkpot.compiler.ops.requantize_shift import fewest_bits

BYTES = Interval(-128, 127)


def one(op: str, size: int = 1, interval: Interval = BYTES, **attrs: object) -> Case:
    return case(op, [TensorType((size,), interval)], 1, **attrs)


@pytest.mark.parametrize("bits", [15, 18, 22])
def test_relu_and_requantize(bits):
    span = Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - (1 << (bits - 9)))
    shift = bits - 9
    width = fewest_bits(0, 255, shift, span)
    assert width == bits
    steps = one("requantize_shift", 10, span, shift=(shift,), lo=0, hi=255, bits=width)
    assert constraint_counts([steps.call])[0] <= 10 * (bits + 6)


def test_maxima_and_tables():
    window = Geometry((1, 2, 2), (2, 2), (2, 2), (1, 1), (0, 0), (1, 1))
    pool = case("max_pool", [TensorType((4,), BYTES)], 1, **window.attrs, lo=-128, bits=8)
    rng = np.random.default_rng(5)
    table = one("table", lo=-128, table=tuple(rng.integers(-128, 128, 256).tolist()))
    counts = constraint_counts([pool.call, table.call])
    assert counts[0] <= 31
    assert counts[1] <= 46


def test_a_class_of_a_sample():
    bits, classes, samples = 20, 10, 5
    logits = case("count_correct", [TensorType((classes,), BYTES)], samples, lo=-5, bits=bits + 1)
    (count,) = constraint_counts([logits.call])
    assert count <= samples * classes * (bits + 3) + samples * 2 + 2


def network() -> Task:
    """A layer with 3,840 weights, and a private one behind it."""
    model = Model(96, np.random.default_rng(8), weight_limit=63)
    hidden = model.requantize(model.dense("data", 96, 40), 2.0**-8)
    return model.task(model.dense(hidden, 40, 24), 2, weight_bits=7)


def test_weights_outputs_and_products_of_a_network():
    task = network()
    circuit = task.circuit
    lines = {line.name: line.constraints for line in costs(circuit)}
    assert sum(lines.values()) == len(compiled(task.text).equations)

    weights = sum(p.type.size for p in circuit.graph.parameters if p.type.shape[0] > 1)
    biases = sum(p.type.size for p in circuit.graph.parameters if p.type.shape[0] == 1)
    ranges = sum(lines[p.name] for p in circuit.graph.parameters)
    wide = max(p.type.interval.bits for p in circuit.graph.parameters)
    assert ranges + lines["commitment cm"] <= 8.2 * weights + 1.2 * wide * biases + 2 * 612

    fold = circuit.entries[0]
    outputs = circuit.samples * fold.output.type.size
    bits = int_attr(fold, "hash_stride")
    assert lines["challenge r"] <= outputs * (42 * bits / PACK_BITS + 0.3) + 2 * 612

    last = circuit.graph.nodes[-2]
    macs = circuit.samples * 40 * 24 * geometry(last).positions
    packings = 40 * -(-24 // int_attr(last, "slots"))
    assert lines[last.name] <= 1.05 * macs / (PACK_BITS // int_attr(last, "stride")) + packings
