"""Dense layers made by hand, at scales where ties and near-ties are common."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from handmade.builder import CLASSES, INPUTS, POWERS, TIES, Builder, data, gemm_chain, middle
from handmade.exact import assert_exact
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

KINDS = ("Gemm", "MatMul", "MatMul+Add")


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last", [True, False], ids=["quantized", "accumulators"])
def test_dense_layers_at_ties(path, save, lowered, kind, dtype, odd, last):
    zeros = [middle(dtype, odd)] * 3
    builder, output = gemm_chain(TIES, dtype, zeros, kind=kind, last=last)
    assert_exact(builder.save(save, path, output), data(TIES["x"]), lowered)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "between",
    [
        [("Relu",)],
        [("Clip", 0, 100)],
        [("Relu",), ("Clip", -1, 9)],
        [("Clip", 0, float(np.float32(0.032) * np.float32(255)))],
    ],
    ids=str,
)
def test_what_the_quantizer_covers_is_dropped(path, save, lowered, kind, dtype, between):
    lowest = np.iinfo(dtype).min
    zeros = [middle(dtype, 1), lowest, middle(dtype, 0)]
    builder, output = gemm_chain(TIES, dtype, zeros, between, kind)
    graph = assert_exact(builder.save(save, path, output), data(TIES["x"]), lowered)
    assert all(node.attrs["fused"] for node in graph.nodes if node.op == "requantize")


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("between", [[("Relu",)], [("Clip", -2, 6)]], ids=str)
def test_what_stays_is_exact_at_powers_of_two(path, save, lowered, kind, dtype, odd, between):
    zeros = [middle(dtype, odd)] * 3
    builder, output = gemm_chain(POWERS, dtype, zeros, between, kind)
    graph = assert_exact(builder.save(save, path, output), data(POWERS["x"]), lowered)
    first = next(node for node in graph.nodes if node.op == "requantize")
    assert not first.attrs["fused"]
    low, high = between[0][1:] or (0, 1e9)
    assert first.attrs["lo"] == max(low / POWERS["h"], np.iinfo(dtype).min - zeros[1])
    assert first.attrs["hi"] == min(high / POWERS["h"], np.iinfo(dtype).max - zeros[1])


def test_what_stays_is_named_where_rounding_depends_on_the_machine(path, save):
    scales = {**TIES, "h": 0.04}
    builder, output = gemm_chain(scales, "uint8", [128, 100, 128], [("Clip", 0, 4)])
    report = check_model(builder.save(save, path, output), data(0.1, 6000))
    assert report.cause is Cause.FLOAT_KERNEL and not report.ok
    quantizers = [n.name for n in builder.nodes if n.op_type == "QuantizeLinear"]
    assert report.default.first.node == quantizers[1]
    assert report.default.first.node in str(report)
    assert report.compilable is (report.default.predictions == 0)
    assert bool(report.warning) is report.compilable
    unpredicted = replace(report.default, predictions=0)
    tolerable = replace(report, default=unpredicted, exact=None)
    assert tolerable.compilable and "float kernel: on this machine" in tolerable.warning
    assert not replace(tolerable, default=replace(unpredicted, predictions=1)).compilable
    assert not replace(tolerable, cause=Cause.UNEXPLAINED).compilable


@pytest.mark.parametrize("kind", KINDS)
def test_int8_logits_without_an_integer_kernel_are_named(path, save, kind):
    builder, _ = gemm_chain({**TIES, "y": 0.064}, "int8", [1, 2, 3], kind=kind)
    builder.nodes.pop()
    logits = builder.nodes[-1].output[0]
    report = check_model(builder.save(save, path, logits, dtype="int8"), data(0.1, 9000))
    assert report.cause is Cause.FLOAT_KERNEL and not report.ok, str(report)
    assert report.default.first.node == builder.nodes[-1].name
    assert report.default.first.mismatches == report.default.mismatches


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_logits_with_a_scale_a_channel(path, save, lowered, kind, dtype):
    scales = np.array([0.02, 0.03, 0.05, 0.07, 0.011], np.float32)
    b = Builder()
    x = b.both("x", b.quantizer(0.1, middle(dtype, 1), dtype))
    terms = [x, b.weight((INPUTS, CLASSES), scales, np.zeros(CLASSES, np.int8))]
    bias = b.bias(CLASSES, np.float32(0.1) * scales)
    if kind == "Gemm":
        output = b.node("Gemm", [*terms, bias])
    else:
        output = b.node("MatMul", terms)
        output = b.node("Add", [output, bias]) if kind == "MatMul+Add" else output
    graph = assert_exact(b.save(save, path, output), data(0.1), lowered)
    assert graph.nodes[-1].op == "scale"
    factors = graph.nodes[-1].attrs["factor"]
    exact = [Fraction(float(s)) for s in np.float32(0.1) * scales]
    assert [Fraction(f, factors[0]) for f in factors] == [e / exact[0] for e in exact]


def test_logits_of_qgemm_without_an_output_scale(path, save, lowered):
    scales = np.array([0.02, 0.03, 0.05, 0.07, 0.011], np.float32)
    b = Builder()
    quantizer = b.quantizer(0.1, 3, "uint8")
    weight = [b.array(b.weights((CLASSES, INPUTS))), *b.quantizer(scales, [0] * CLASSES, "int8")]
    bias = b.array(b.random.integers(-900, 900, CLASSES), np.int32)
    inputs = [b.quantize("x", quantizer), *quantizer, *weight, bias]
    output = b.node("QGemm", inputs, domain="com.microsoft", transA=0, transB=1, alpha=1.0)
    assert_exact(b.save(save, path, output), data(0.1), lowered)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("form", ["Gemm", "MatMul", "QLinearMatMul", "QGemm"])
def test_weight_zero_points(path, save, lowered, dtype, per_channel, form):
    lowest = 128 if dtype == "uint8" else 0
    zero, scale = lowest + 3, 0.02
    if per_channel:
        zero, scale = lowest + np.arange(CLASSES) - 2, 0.01 * np.arange(1, CLASSES + 1)
    b = Builder()
    quantizer = b.quantizer(0.1, 131, "uint8")
    out = b.quantizer(0.04, 127, "uint8")
    raw = (b.random.integers(-50, 50, (INPUTS, CLASSES)) + zero).astype(dtype)
    if form in ("Gemm", "MatMul"):
        trans = form == "Gemm"
        array = b.array(np.ascontiguousarray(raw.T) if trans else raw)
        weight = b.dequantize(array, b.quantizer(scale, zero, dtype), axis=0 if trans else 1)
        attributes = {"transB": 1} if trans else {}
        dense = b.node(form, [b.both("x", quantizer), weight], **attributes)
        output = b.both(dense, out)
    else:
        trans = form == "QGemm"
        array = b.array(np.ascontiguousarray(raw.T) if trans else raw)
        inputs = [b.quantize("x", quantizer), *quantizer, array, *b.quantizer(scale, zero, dtype)]
        attributes = {"domain": "com.microsoft", "transB": 1} if trans else {}
        inputs += ["", *out] if trans else out
        output = b.dequantize(b.node(form, inputs, **attributes), out)
    assert_exact(b.save(save, path, output), data(0.1), lowered)
