"""Linear layers as convolutions: their meaning, and their circuits against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig.calls import Call, judge, run
from rig.layers import EVERY, LAYERS, PADDED, Shape, exact, fitting, fold, tensors, window
from zkpot.compiler import ops
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.conv import exact_product
from zkpot.compiler.ops.geometry import flat

SHAPES = fitting(EVERY)
ONE_GROUP = fitting(LAYERS)


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_the_meaning_is_every_window_times_every_column(shape):
    rng = np.random.default_rng(21)
    one = shape.case("conv_packed")
    values = tensors(shape, rng)
    found = one.evaluate(*values)
    assert found.dtype == np.int64
    assert (found == exact(shape, *values)).all()


def test_batches_and_the_integer_path_change_nothing(monkeypatch):
    shape = replace(SHAPES[7], samples=5)
    values = tensors(shape, np.random.default_rng(22))
    whole = shape.case("conv_packed").evaluate(*values)
    monkeypatch.setattr("zkpot.compiler.ops.conv.BATCH", 1)
    monkeypatch.setattr("zkpot.compiler.ops.conv.EXACT", 0)
    assert (shape.case("conv_packed").evaluate(*values) == whole).all()


def test_sums_that_float64_would_round_are_exact():
    a, b = np.array([[1 << 30, 1]]), np.array([[1 << 30], [1]])
    assert exact_product(a, b).tolist() == [[(1 << 60) + 1]]


def test_a_dense_layer_is_a_convolution_of_one_window():
    shape = Shape(flat(6), 3, 4, True, 1)
    x, weight, bias = tensors(shape, np.random.default_rng(23))
    assert (shape.case("conv_packed").evaluate(x, weight, bias) == x @ weight + bias).all()


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_no_output_leaves_its_interval_and_extremes_come_near(shape):
    rng = np.random.default_rng(24)
    one = shape.case("conv_packed")
    interval = one.node.output.type.interval
    for _ in range(20):
        out = one.evaluate(*tensors(shape, rng, extreme=True))
        assert interval.lo <= out.min() and out.max() <= interval.hi
    assert len(out[0]) == one.node.output.type.size


def test_padding_counts_zero_where_the_interval_leaves_zero_out():
    def interval(pads: tuple[int, int]) -> Interval:
        geometry = window((1, 1, 3), (1, 2), (1, 2), pads=pads)
        types = [TensorType((3,), Interval(2, 5)), TensorType((2, 1), Interval(3, 4))]
        one = Shape(geometry, 1, 1, False, 1).case("conv_folded")
        return ops.of(one.node).infer(one.node, types).interval

    assert interval((0, 0)) == Interval(12, 40)
    assert interval((0, 1)) == Interval(0, 40)


def test_a_convolution_of_padding_alone_is_refused():
    geometry = window((1, 2, 2), (1, 1), (1, 1), pads=(1, 1))
    with pytest.raises(InputError, match="reads nothing but padding"):
        Shape(geometry, 1, 1, False, 1).case("conv_packed")


@pytest.mark.parametrize("extreme", [False, True])
def test_packed_products_are_the_products(extreme):
    rng = np.random.default_rng(25)
    values = [tensors(shape, rng, extreme=extreme) for shape in SHAPES]
    outputs = run([shape.case("conv_packed").call for shape in SHAPES], values)
    for shape, value, output in zip(SHAPES, values, outputs, strict=True):
        assert (output == exact(shape, *value)).all()


def test_components_of_several_samples_are_the_same_products():
    """Samples beyond a component's: some components are equal, the last one is shorter."""
    shapes = [
        Shape(PADDED, 5, 3, True, 2, 4),
        Shape(flat(3), 19, 3, True, 2, 2),
        Shape(window((2, 3, 3), (2, 2), (2, 2)), 7, 2, False, 1, 3, groups=2),
    ]
    values = [tensors(shape, np.random.default_rng(26)) for shape in shapes]
    calls = [shape.case("conv_packed").call for shape in shapes]
    assert all(call.parameters[-1] < call.parameters[0] for call in calls)
    for shape, value, output in zip(shapes, values, run(calls, values), strict=True):
        assert (output == exact(shape, *value)).all()


def folded_values(shape: Shape, rng: np.random.Generator) -> dict[str, object]:
    x, *private = tensors(shape, rng)
    r = int.from_bytes(rng.bytes(31), "big")
    names = ["weight", "bias"][: len(private)]
    given = {"u": fold(shape, x, r), "r": r, **dict(zip(names, private, strict=True))}
    return {**given, "out": exact(shape, x, *private)}


def powered(call: Call, r: int) -> list[int]:
    return [pow(r, e, FIELD) for e in range(call.inputs[0][0])]


def freivalds_values(shape: Shape, rng: np.random.Generator) -> dict[str, object]:
    x, *private = tensors(shape, rng)
    powers = powered(shape.case("conv_freivalds").call, int.from_bytes(rng.bytes(31), "big"))
    names = ["weight", "bias"][: len(private)]
    given = {"powers": powers, "x": x, **dict(zip(names, private, strict=True))}
    return {**given, "out": exact(shape, x, *private)}


FOLDS = [
    ("conv_folded", SHAPES, folded_values),
    ("conv_freivalds", ONE_GROUP, freivalds_values),
]


@pytest.mark.parametrize(("op", "shapes", "values"), FOLDS, ids=[f[0] for f in FOLDS])
def test_a_fold_admits_the_right_outputs(op, shapes, values):
    rng = np.random.default_rng(27)
    given = [list(values(shape, rng).values()) for shape in shapes]
    assert run([shape.case(op).call for shape in shapes], given) == [None] * len(shapes)


def spoilt(given: dict[str, object], what: str, rng: np.random.Generator) -> dict[str, object]:
    """``given`` with one number of input ``what`` off by one."""
    value = given[what]
    if isinstance(value, int):
        return {**given, what: value + 1}
    changed = np.array(value, object)
    place = tuple(rng.integers(0, d) for d in changed.shape)
    changed[place] = int(changed[place]) + 1
    return {**given, what: changed}


@pytest.mark.parametrize(("op", "shapes", "values"), FOLDS, ids=[f[0] for f in FOLDS])
def test_a_fold_admits_no_other_output_weight_bias_fold_or_challenge(op, shapes, values):
    rng = np.random.default_rng(28)
    calls, given, wrong = [], [], set()
    for shape in shapes:
        honest = values(shape, rng)
        for what in ("nothing", "out", "weight", "bias", "u", "r"):
            if what != "nothing" and what not in honest:
                continue
            told = honest if what == "nothing" else spoilt(honest, what, rng)
            if what != "nothing" and not harmless(shape, what, honest, told):
                wrong.add((len(calls),))
            calls.append(shape.case(op).call)
            given.append(list(told.values()))
    assert judge(calls, given).where(r"main\.c(\d+)[._]") == wrong


def harmless(shape: Shape, what: str, honest: dict[str, object], told: dict[str, object]) -> bool:
    """Whether nothing depends on the change: a weight whose tap is always padding, the challenge
    where there is but one row."""
    if what == "r":
        return shape.samples * shape.geometry.positions == 1
    if what != "weight":
        return False
    inside = (shape.geometry.taps >= 0).any(0)
    changed = np.argwhere(np.asarray(honest["weight"]) != np.asarray(told["weight"]))[0][0]
    return not inside[changed % shape.geometry.taps_per_channel]


def test_a_fold_inside_the_circuit_admits_no_other_input():
    rng = np.random.default_rng(29)
    calls, given, wrong = [], [], set()
    for shape in ONE_GROUP:
        pixels = np.unique(shape.geometry.taps[shape.geometry.taps >= 0])
        honest = freivalds_values(shape, rng)
        for at in (pixels[0], pixels[-1]):
            x = np.array(honest["x"])
            x[-1, at] += 1
            wrong.add((len(calls),))
            calls.append(shape.case("conv_freivalds").call)
            given.append(list({**honest, "x": x}.values()))
    assert judge(calls, given).where(r"main\.c(\d+)[._]") == wrong


@pytest.mark.parametrize(("op", "shapes", "values"), FOLDS, ids=[f[0] for f in FOLDS])
def test_outputs_that_swap_rows_or_outputs_are_refused(op, shapes, values):
    """Exponents and slots are distinct: two right values in each other's place are wrong."""
    rng = np.random.default_rng(30)
    calls, given = [], []
    for shape in shapes:
        honest = values(shape, rng)
        out = np.array(honest["out"])
        flipped = out.ravel()[::-1].reshape(out.shape)
        if out.size == 1:
            continue
        assert (flipped != out).any()
        calls.append(shape.case(op).call)
        given.append(list({**honest, "out": flipped}.values()))
    assert judge(calls, given).where(r"main\.c(\d+)[._]") == {(i,) for i in range(len(calls))}


def test_powers_are_the_powers():
    r = 987_654_321_012_345
    call = Call("lib/powers.circom", "Powers", (9,), ((),), (9,))
    two = Call("lib/powers.circom", "Powers", (2,), ((),), (2,))
    nine, pair = run([call, two], [[r], [r]])
    assert [int(v) % FIELD for v in nine] == [pow(r, e, FIELD) for e in range(9)]
    assert pair.tolist() == [1, r]
