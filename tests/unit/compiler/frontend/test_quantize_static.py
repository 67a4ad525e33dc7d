"""What onnxruntime's quantizer writes for the digits network: equal on the whole test split."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

GRID = [
    {"kind": kind, "style": style, "per_channel": per_channel, "activations": activations}
    for kind in ("gemm", "matmul")
    for style in ("QDQ", "QOperator")
    for per_channel in (False, True)
    for activations in ("QUInt8", "QInt8")
]
WAYS = [
    {"kind": "gemm", "batch": 1},
    {"kind": "matmul", "batch": 1, "style": "QOperator"},
    {"front": "Flatten"},
    {"front": "Flatten", "style": "QOperator", "batch": 1},
    {"front": "Reshape", "kind": "matmul"},
    {"front": "Reshape", "style": "QOperator"},
    {"activation": "Clip"},
    {"activation": "Clip", "kind": "matmul", "style": "QOperator"},
    {"activation": "Clip", "options": {"ActivationSymmetric": True}, "activations": "QInt8"},
    {"head": "Softmax", "exclude": ["head"]},
    {"head": "Softmax", "exclude": ["head"], "style": "QOperator"},
    {"head": "LogSoftmax", "exclude": ["head"]},
    {"head": "ArgMax"},
    {"head": "ArgMax", "exclude": ["head"], "style": "QOperator", "kind": "matmul"},
    {"head": "ArgMax", "exclude": ["head"], "batch": 1},
    {"options": {"ActivationSymmetric": True}},
    {"options": {"ActivationSymmetric": True}, "activations": "QInt8"},
    {"options": {"ActivationSymmetric": True}, "style": "QOperator", "kind": "matmul"},
    {"options": {"QuantizeBias": False}},
    {"options": {"QuantizeBias": False}, "per_channel": True, "activations": "QInt8"},
    {"options": {"WeightSymmetric": False}},
    {"weights": "QUInt8"},
    {"weights": "QUInt8", "style": "QOperator", "per_channel": True},
    {"opset": 21},
    {"opset": 21, "kind": "matmul", "per_channel": True, "activations": "QInt8"},
    {"options": {"UseQDQContribOps": True}},
    {"options": {"UseQDQContribOps": True}, "per_channel": True, "kind": "matmul"},
    {"options": {"AddQDQPairToWeight": True}},
    {"options": {"AddQDQPairToWeight": True}, "per_channel": True},
    {"options": {"AddQDQPairToWeight": True}, "per_channel": True, "kind": "matmul"},
    {"options": {"AddQDQPairToWeight": True}, "activations": "QInt8"},
    {"options": {"DedicatedQDQPair": True}},
    {"options": {"DedicatedQDQPair": True}, "kind": "matmul", "activations": "QInt8"},
    {"options": {"QDQKeepRemovableActivations": True}},
    {"options": {"QDQKeepRemovableActivations": True}, "kind": "matmul"},
    {"options": {"OpTypesToExcludeOutputQuantization": ["Gemm"]}},
    {"options": {"ForceQuantizeNoInputCheck": True}, "front": "Flatten"},
    {"options": {"MinimumRealRange": 0.0001, "CalibMovingAverage": False}},
]


def name(case):
    parts = (f"{k}={v}" for k, v in case.items())
    return " ".join(parts).replace("'", "")


def samples(digits, case):
    return digits.x if case.get("front") is None else digits.x.reshape(-1, 1, 8, 8)


def agrees(path, x, lowered):
    """The report; asserts that the lowered graph agrees too."""
    before, after = lowered(path, x)
    assert np.array_equal(before, after)
    return check_model(path, x)


@pytest.mark.parametrize("case", GRID, ids=name)
def test_seven_bit_weights_agree_in_the_default_session(case, digits, quantized, lowered):
    report = agrees(quantized(**case, reduce_range=True), digits.x, lowered)
    assert report.cause is Cause.NONE, str(report)
    assert report.default.mismatches == report.default.predictions == 0
    assert report.default.values > 597 * (64 + 32 + 10) - 1


@pytest.mark.parametrize("case", GRID, ids=name)
def test_eight_bit_weights_agree_where_kernels_are_exact(
    case, digits, quantized, lowered, record_property
):
    report = agrees(quantized(**case), digits.x, lowered)
    record_property("default_mismatches", report.default.mismatches)
    assert report.ok, str(report)
    assert report.default.agrees or report.exact.agrees


@pytest.mark.parametrize("case", WAYS, ids=name)
def test_every_way_to_call_the_quantizer(case, digits, quantized, lowered):
    report = agrees(quantized(**case, reduce_range=True), samples(digits, case), lowered)
    assert report.cause is Cause.NONE, str(report)


def with_power_of_two_scales(path):
    """The same integers at scales rounded to powers of two; biases at the products of theirs."""
    model = onnx.load(str(path))
    made = {node.output[0]: node for node in model.graph.node}
    tensors = {t.name: t for t in model.graph.initializer}
    products = {}
    for node in model.graph.node:
        if node.op_type == "Gemm":
            x, weight, bias = (made[i].input[1] for i in node.input)
            products[bias] = (x, weight)

    def rounded(scale):
        values = numpy_helper.to_array(tensors[scale])
        return np.exp2(np.rint(np.log2(values))).astype(np.float32)

    for scale in [t for t in tensors if t.endswith("scale")]:
        pair = products.get(scale)
        new = rounded(scale) if pair is None else rounded(pair[0]) * rounded(pair[1])
        tensors[scale].CopyFrom(numpy_helper.from_array(np.asarray(new, np.float32), scale))
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("case", GRID, ids=name)
def test_power_of_two_scales_agree_with_any_zero_point(case, digits, quantized, lowered):
    path = with_power_of_two_scales(quantized(**case, reduce_range=True))
    report = agrees(path, digits.x, lowered)
    assert report.cause is Cause.NONE, str(report)
