"""Strides at their exact boundary; checks where nobody bounds a slot; no emission without."""

from __future__ import annotations

import numpy as np
import pytest
from rig.models import Model
from zkpot.compiler import ops
from zkpot.compiler.errors import SoundnessError
from zkpot.compiler.field import PACK_BITS
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value
from zkpot.compiler.ops.geometry import flat
from zkpot.compiler.ops.range_check import RangeCheck
from zkpot.compiler.passes.bounds import accepted, enforced
from zkpot.compiler.passes.products import products
from zkpot.compiler.passes.slot_intervals import slot_intervals
from zkpot.compiler.program import Program

NOTHING = Interval(0, 0)
WIDE = Interval(-(1 << 50), 1 << 50)


def packed(exact: Interval, readers: list[Node]) -> Graph:
    """A packed layer whose exact outputs lie in ``exact``, and ``readers`` of its output."""
    x = Value("x", TensorType((2,), NOTHING))
    weight = Value("w", TensorType((2, 3), NOTHING))
    attrs = {**flat(2).attrs, "groups": 1}
    layer = Node("conv", "layer", ("x", "w"), Value("y", TensorType((3,), exact)), attrs)
    return Graph(x, Quantization(None, 0, "int8"), (weight,), (layer, *readers), "z")


def reader(op: str, *, source: str = "y", name: str = "z", **attrs: object) -> Node:
    inputs = (source, source) if op == "add" else (source,)
    return Node(op, f"reads-{source}", inputs, Value(name, TensorType((3,), WIDE)), attrs)


def check(lo: int, bits: int, **places: str) -> Node:
    return reader("range_check", lo=lo, bits=bits, **places)


def laid_out(exact: Interval, *readers: Node, honest: Interval | None = None) -> Program:
    accumulators = {"y": honest or exact}
    return products(slot_intervals(Program(packed(exact, list(readers)), 2, accumulators)))


def layer(program: Program) -> Node:
    return next(node for node in program.graph.nodes if ops.of(node).accumulates)


@pytest.mark.parametrize(
    ("exact", "lo", "bits", "stride"),
    [
        (Interval(0, 255), 0, 8, 8),  # both fill 2^8 values: 2^8 - 1 < 2^8
        (Interval(0, 256), 0, 8, 9),  # max(h, U) - min(l, L) = 2^8
        (Interval(-1, 254), 0, 8, 9),
        (Interval(-1, 254), -1, 8, 8),
        (Interval(10, 20), 0, 8, 8),  # the readers' interval decides
        (Interval(-1000, 23), 0, 4, 10),  # the exact outputs' interval decides: 1023
        (Interval(-1000, 24), 0, 4, 11),
        (Interval(-128, 0), 127, 7, 9),  # neither alone: 254 - -128 = 382
        (Interval(0, 0), 0, 2, 2),
    ],
)
def test_the_stride_is_the_least_that_the_rule_allows(exact, lo, bits, stride):
    node = layer(laid_out(exact, check(lo, bits)))
    assert node.attrs["stride"] == stride
    assert node.attrs["slots"] * node.attrs["rows"] * stride <= PACK_BITS
    high, low = max(exact.hi, lo + (1 << bits) - 1), min(exact.lo, lo)
    assert high - low < 1 << stride and high - low >= 1 << (stride - 1)


def test_two_readers_intersect():
    graph = packed(Interval(0, 9), [check(-8, 8), check(-100, 7, name="other")])
    assert enforced(graph, "y") == Interval(-8, 27)
    assert accepted(graph, "y") == Interval(0, 9)


def test_accepted_is_what_every_reader_can_take():
    shifts = {"shift": (2, 4), "lo": 0, "hi": 255, "bits": 14}
    graph = packed(Interval(-(1 << 40), 1 << 40), [reader("requantize_shift", **shifts)])
    # Windows start at -half - 2^13: [-8194, 8189] for a shift of 2, [-8200, 8183] for one of 4.
    assert accepted(graph, "y") == Interval(-8194, 8183)
    assert enforced(graph, "y") == Interval(-8200, 8189)


def test_what_is_read_behind_a_check_and_a_factor_limits_what_is_accepted():
    graph = packed(
        Interval(-9999, 9999),
        [
            check(-260, 10, name="checked"),
            reader("scale", source="checked", name="scaled", factor=(3, 1, 7)),
            reader("count_correct", source="scaled", lo=-1820, bits=12),
        ],
    )
    # Logits in [-1820, 227]: the factor 7 leaves [-260, 32].
    assert accepted(graph, "y") == Interval(-260, 32)
    assert enforced(graph, "y") == Interval(-260, 763)


@pytest.mark.parametrize(
    "linear",
    [
        reader("add", scale_a=1, scale_b=1),
        reader("scale", factor=(1, 2, 3)),
        reader("conv", **flat(3).attrs, groups=1),
    ],
    ids=lambda node: node.op,
)
def test_linear_readers_bound_nothing(linear):
    assert enforced(packed(Interval(0, 9), [linear]), "y") is None


def test_what_nobody_reads_nobody_bounds():
    assert enforced(packed(Interval(0, 9), []), "y") is None


def test_a_bound_on_a_sum_is_none_on_its_terms():
    total = reader("add", name="sum", scale_a=1, scale_b=1)
    program = laid_out(Interval(-50, 50), total, check(-200, 9, source="sum"))
    found = [node.op for node in program.graph.nodes[1:]]
    assert found == ["range_check", "add", "range_check"]


def test_a_check_is_inserted_and_sized_for_the_honest_interval():
    program = laid_out(
        Interval(-5000, 5000), reader("scale", factor=(1, 2, 3)), honest=Interval(-100, 155)
    )
    node, inserted, scale = program.graph.nodes
    assert (inserted.op, inserted.inputs) == ("range_check", ("y",))
    assert (inserted.attrs["lo"], inserted.attrs["bits"]) == (-100, 8)
    assert scale.inputs == (inserted.output.name,)
    assert node.attrs["stride"] == 14  # 5000 - -5000 decides, not the check


def test_a_bounded_output_gets_no_check():
    program = laid_out(Interval(-50, 50), check(-64, 7))
    assert [node.op for node in program.graph.nodes[1:]] == ["range_check"]


def test_without_a_bound_nothing_is_emitted(monkeypatch):
    """Should a range check ever stop to bound, the pass must not go on without it."""
    monkeypatch.setattr(RangeCheck, "enforces", lambda _self, _node, _position: None)
    with pytest.raises(SoundnessError, match="no constraint bounds the output of conv"):
        laid_out(Interval(-50, 50), reader("scale", factor=(1, 1, 1)))


@pytest.mark.parametrize("bits", [PACK_BITS, PACK_BITS + 1])
def test_a_slot_wider_than_the_field_is_refused(bits):
    widest = Interval(0, (1 << bits) - 1)
    if bits == PACK_BITS:
        assert layer(laid_out(widest, check(0, 8))).attrs["slots"] == 1
    else:
        with pytest.raises(SoundnessError, match="needs 254 bits"):
            laid_out(widest, check(0, 8))


def test_a_whole_model_obeys_the_rule():
    model = Model(4, np.random.default_rng(1))
    hidden = model.requantize(model.dense("data", 4, 3), 2.0**-4)
    graph = model.task(model.scale(model.dense(hidden, 3, 3), (1, 2, 3)), 3).circuit.graph
    for node in graph.nodes:
        if ops.of(node).accumulates:
            forced, exact = enforced(graph, node.output.name), node.output.type.interval
            width = max(forced.hi, exact.hi) - min(forced.lo, exact.lo)
            assert width < 1 << node.attrs["stride"]
            assert node.attrs["stride"] * node.attrs["slots"] <= PACK_BITS


def test_the_hash_stride_is_what_the_readers_force():
    assert layer(laid_out(Interval(-50, 50), check(-64, 7))).attrs["hash_stride"] == 7
