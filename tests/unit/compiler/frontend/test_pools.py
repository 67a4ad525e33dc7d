"""Pools and reductions, against onnxruntime; means whose float32 result isn't told by the sum."""

import itertools

import numpy as np
import onnx
import onnxruntime
import pytest
from handmade.builder import Builder
from handmade.windows import Ends, scale, window
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.means import ambiguous
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause
from zkpot.compiler.frontend.tensors import RealMean
from zkpot.compiler.ir import Interval, Node, TensorType, Value
from zkpot.compiler.ops.requantize import Requantize

MEANS = ["AveragePool", "GlobalAveragePool"]
MAXIMA = ["MaxPool", "GlobalMaxPool"]


def ends_of(seed, *, powers, dtype=None):
    b, random = Builder(seed), np.random.default_rng(seed)
    rank = int(random.integers(1, 3))
    shape = (int(random.integers(1, 4)), *(int(s) for s in random.integers(4, 9, rank)))
    scales = tuple(scale(random, powers, 0.01, 0.2) for _ in range(2))
    if random.integers(4) == 0:
        scales = (scales[0], scales[0])
    return Ends(b, random, dtype or ["uint8", "int8"][random.integers(2)], scales, shape)


def attributes_of(ends, op):
    if op.startswith("Global"):
        return {}
    found = window(ends.random, len(ends.shape) - 1, dilated=op == "MaxPool")
    if ends.random.integers(5) == 0:
        found = {"kernel_shape": list(ends.shape[1:])}  # one window, the whole image
    found["ceil_mode"] = int(ends.random.integers(2))
    if op == "AveragePool":
        found["count_include_pad"] = int(ends.random.integers(2))
    return found


def verdict(path, samples):
    """Whether it agrees with onnxruntime; None where it is refused for ambiguous float32 sums."""
    try:
        report = check_model(path, samples)
    except InputError as error:
        assert "either side of a tie" in str(error) or "nothing but padding" in str(error)
        return None
    assert report.cause is Cause.NONE, str(report)
    return True


@pytest.mark.parametrize("form", ["QDQ", "integers"])
@pytest.mark.parametrize("op", [*MEANS, "MaxPool"])
@pytest.mark.parametrize("powers", [True, False], ids=["powers", "any"])
def test_random_pools(path, save, op, form, powers):
    verdicts = []
    for seed in range(10):
        ends = ends_of(seed, powers=powers)
        b, attributes = ends.builder, attributes_of(ends, op)
        if form == "QDQ":
            output = b.both(b.node(op, [ends.real()], **attributes), ends.result)
        elif op == "MaxPool":
            output = b.dequantize(b.node(op, [ends.bytes], **attributes), ends.data)
        else:
            inputs = [ends.bytes, *ends.data, *ends.result]
            pooled = b.node(f"QLinear{op}", inputs, domain="com.microsoft", **attributes)
            output = b.dequantize(pooled, ends.result)
        ends.save(save, path, output)
        verdicts.append(verdict(path, ends.samples(60)))
    assert verdicts.count(True) > 5


@pytest.mark.parametrize("op", ["ReduceMean", "ReduceMax", "ReduceSum"])
@pytest.mark.parametrize("powers", [True, False], ids=["powers", "any"])
@pytest.mark.parametrize("opset", [13, 18])
def test_random_reductions(path, save, op, powers, opset):
    verdicts = []
    for seed in range(6):
        ends = ends_of(seed, powers=powers)
        b, rank = ends.builder, len(ends.shape)
        axes = [int(a) for a in 1 + ends.random.permutation(rank)[: ends.random.integers(1, rank)]]
        axes = [a - rank - 1 for a in axes] if ends.random.integers(2) else axes
        keep = int(ends.random.integers(2))
        if opset == 18 or op == "ReduceSum":
            reduced = b.node(op, [ends.real(), b.array(axes, np.int64)], keepdims=keep)
        else:
            reduced = b.node(op, [ends.real()], keepdims=keep, axes=axes)
        output = b.both(reduced, ends.result)
        ends.save(save, path, output, rank if keep else rank - len(axes), opset)
        verdicts.append(verdict(path, ends.samples(60)))
    assert not powers or all(verdicts)
    assert any(verdicts)


@pytest.mark.parametrize("op", [*MEANS, *MAXIMA])
@pytest.mark.parametrize("after", ["Relu", "Flatten", "Reshape", "Squeeze"])
def test_what_follows_a_pool(path, save, op, after):
    for seed, dtype in enumerate(["uint8", "int8"]):
        b, random = Builder(seed), np.random.default_rng(seed)
        ends = Ends(b, random, dtype, (0.125, 0.0625), (3, 4, 4))
        attributes = {"kernel_shape": [4, 4]} if op in ("AveragePool", "MaxPool") else {}
        pooled = b.node(op, [ends.real()], **attributes)
        more = {"Reshape": [b.array([0, -1], np.int64)], "Squeeze": [b.array([2, 3], np.int64)]}
        moved = b.node(after, [pooled, *more.get(after, [])])
        ends.save(save, path, b.both(moved, ends.result), 3 if after == "Relu" else 1)
        assert verdict(path, ends.samples(60))


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_windows_of_nothing_but_padding(path, save, op):
    b, random = Builder(0), np.random.default_rng(0)
    ends = Ends(b, random, "uint8", (0.125, 0.25), (1, 4, 4))
    pooled = b.node(op, [ends.real()], kernel_shape=[2, 2], pads=[1, 1, 1, 1], strides=[5, 5])
    ends.save(save, path, b.both(pooled, ends.result))
    assert verdict(path, ends.samples(4))
    b.nodes[-3].attribute[0].ints[:] = [1, 1]
    ends.save(save, path, b.nodes[-1].output[0])
    with pytest.raises(InputError, match="nothing but padding"):
        import_model(path)


@pytest.mark.parametrize(
    ("op", "attributes", "said"),
    [
        ("AveragePool", {"kernel_shape": [2, 2], "dilations": [2, 2]}, "windows with dilations"),
        ("MaxPool", {"kernel_shape": [2]}, "kernel of shape [2] meets samples of shape [1, 4, 4]"),
        ("ReduceMean", {"axes": [0, 2]}, "joins samples"),
        ("ReduceMax", {}, "joins samples"),
    ],
)
def test_refused(path, save, op, attributes, said):
    b = Builder(0)
    ends = Ends(b, np.random.default_rng(0), "uint8", (0.125, 0.25), (1, 4, 4))
    output = b.both(b.node(op, [ends.real()], **attributes), ends.result)
    ends.save(save, path, output, opset=19 if op == "AveragePool" else 13)
    with pytest.raises(InputError) as error:
        import_model(path)
    assert said in str(error.value)
    assert f"({op})" in str(error.value)


def test_indices_are_refused(path, save):
    b = Builder(0)
    ends = Ends(b, np.random.default_rng(0), "uint8", (0.125, 0.25), (1, 4, 4))
    pooled = b.node("MaxPool", [ends.real()], kernel_shape=[2, 2])
    b.nodes[-1].output.append("indices")
    ends.save(save, path, b.both(pooled, ends.result))
    with pytest.raises(InputError, match="it gives indices too"):
        import_model(path)


def test_channels_last_are_refused(path, save):
    b = Builder(0)
    ends = Ends(b, np.random.default_rng(0), "uint8", (0.125, 0.25), (4, 4, 1))
    pooled = b.node("NhwcMaxPool", [ends.bytes], domain="com.microsoft", kernel_shape=[2, 2])
    ends.save(save, path, b.dequantize(pooled, ends.data))
    with pytest.raises(InputError, match="channels last"):
        import_model(path)


def averages(path, save, windows, scales, zero):
    """What onnxruntime makes of each window, [count, 2 or 4] bytes; centred."""
    b = Builder(0)
    quantizers = [*b.quantizer(scales[0], 0, np.uint8), *b.quantizer(scales[1], zero, np.uint8)]
    attributes = {"kernel_shape": [windows.shape[1]], "strides": [windows.shape[1]]}
    output = b.node("QLinearAveragePool", ["x", *quantizers], "com.microsoft", **attributes)
    uint8 = onnx.TensorProto.UINT8
    save(path, b.nodes, b.arrays, [("x", uint8, [1, 1, None])], [(output, uint8, [1, 1, None])])
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": windows.reshape(1, 1, -1).astype(np.uint8)})
    return found.reshape(-1).astype(np.int64) - zero


@pytest.mark.parametrize("x_scale", [0.1, 0.3, 0.013, 0.25])
@pytest.mark.parametrize(("factor", "zero"), [(1, 0), (1, 7), (0.5, 128), (0.71, 3)])
@pytest.mark.parametrize(("terms", "top"), [(2, 255), (4, 15)])
def test_the_proof_is_right_for_all_windows(path, save, x_scale, factor, zero, terms, top):
    scales = (np.float32(x_scale), np.float32(x_scale) * np.float32(factor))
    every = np.array(list(itertools.product(range(top + 1), repeat=terms)))
    found, sums = averages(path, save, every, scales, zero), every.sum(1)
    least, most = np.full(terms * top + 1, 999), np.full(terms * top + 1, -999)
    np.minimum.at(least, sums, found)
    np.maximum.at(most, sums, found)
    attrs = {"divisor": float(scales[1]), "fused": False, "zero": zero, "lo": -zero}
    attrs["hi"] = 255 - zero
    interval, windows = Interval(0, top), frozenset({(terms, terms)})
    mean = RealMean((1,), "", scales[0], interval, (terms,), windows, False, "uint8")
    form = Requantize().evaluate(
        Node("requantize", "", (), Value("", TensorType((1,), interval)), attrs | mean.division),
        [np.arange(terms * top + 1)[:, None]],
    )[:, 0]
    told = np.array_equal(least, most) and np.array_equal(least, form)
    assert told == (ambiguous(mean, attrs, ordered=True) is None)
    assert told or ambiguous(mean, attrs, ordered=False) is not None


def test_elements_of_one_sum_on_both_sides_of_a_tie(path, save):
    every = np.array(list(itertools.product(range(15), repeat=4)))
    found = averages(path, save, every, (np.float32(0.3), np.float32(0.3)), 0)
    assert set(found[every.sum(1) == 14]) == {3, 4}
