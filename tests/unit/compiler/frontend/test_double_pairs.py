"""Two quantizations with nothing between them, or with what onnxruntime removes."""

import numpy as np
import pytest
from handmade.builder import Builder, data
from onnx import TensorProto, helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

WHOLE = ([0], [2**63 - 1], [1])


def model(save, path, between, first=(0.03, 100, "uint8"), second=(0.02, 60, "uint8")):
    b = Builder()
    current = b.both("x", b.quantizer(*first))
    for op, constants, attributes in between:
        more = [b.array(v, np.float32 if np.ndim(v) == 0 else np.int64) for v in constants]
        current = b.node(op, [current, *more], **attributes)
    b.save(save, path, b.both(current, b.quantizer(*second)))
    return path


@pytest.mark.parametrize(
    "between",
    [
        [],
        [("Cast", [], {"to": 1})],
        [("Slice", WHOLE, {})],
        [("Mul", [1.0], {})],
        [("Add", [0.0], {}), ("Identity", [], {})],
        [("Sub", [0.0], {})],
        [("Div", [1.0], {})],
    ],
    ids=["nothing", "Cast", "Slice", "Mul", "Add", "Sub", "Div"],
)
def test_what_onnxruntime_merges_is_refused(save, path, between):
    with pytest.raises(InputError, match=r"makes one quantization of the two"):
        import_model(model(save, path, between))


def test_transposes_that_undo_each_other_are_nothing(save, path):
    b = Builder()
    current = b.both("x", b.quantizer(0.03, 100, np.uint8))
    current = b.node("Unsqueeze", [current, b.array([1], np.int64)])
    for _ in range(2):
        current = b.node("Transpose", [current], perm=[0, 2, 1])
    b.save(save, path, b.both(current, b.quantizer(0.02, 60, np.uint8)))
    assert check_model(path, data(0.03)).cause is Cause.NONE

    b = Builder()
    current = b.both("x", b.quantizer(0.03, 100, np.uint8))
    for _ in range(2):
        current = b.node("Transpose", [current], perm=[0, 2, 1])
    b.save(save, path, b.both(current, b.quantizer(0.02, 60, np.uint8)), shape=["N", 3, 4])
    with pytest.raises(InputError, match=r"makes one quantization of the two"):
        import_model(path)


@pytest.mark.parametrize(
    ("between", "second"),
    [
        ([], (0.02, -7, "int8")),
        ([], (0.03, 100, "uint8")),
        ([("Mul", [1.0], {})], (0.03, 100, "uint8")),
        ([("Mul", [1.5], {})], (0.02, 60, "uint8")),
        ([("Neg", [], {}), ("Neg", [], {})], (0.02, 60, "uint8")),
        ([("Slice", ([1], [9], [1]), {})], (0.02, 60, "uint8")),
    ],
    ids=["another type", "the same", "the same, Mul", "Mul", "Neg", "Slice"],
)
def test_what_onnxruntime_keeps_is_exact(save, path, between, second):
    report = check_model(model(save, path, between, second=second), data(0.03))
    assert report.cause is Cause.NONE, str(report)


def test_a_slice_of_nothing_is_refused(save, path):
    b = Builder()
    current = b.both("x", b.quantizer(0.1, 3, np.uint8))
    bounds = [b.array([v], np.int64) for v in (20, 30, 1)]
    output = b.node("Slice", [current, *bounds])
    b.save(save, path, output)
    with pytest.raises(InputError, match=r"a result of it is empty"):
        import_model(path)


def test_a_model_of_bytes_may_end_where_they_are_dequantized(save, path):
    """Its output is the model's input, made floats."""
    b = Builder()
    scale = b.quantizer(0.125, 3, np.uint8)
    b.save(save, path, b.dequantize("x", scale), taken="uint8")
    x = np.random.default_rng(0).integers(0, 256, (50, 12)).astype(np.uint8)
    report = check_model(path, x)
    assert report.cause is Cause.NONE, str(report)


def test_float_logits_of_four_bit_weights_are_told_apart(save, path):
    """onnxruntime has no kernel for int4 weights: it multiplies floats."""
    b = Builder()
    current = b.both("x", b.quantizer(0.0299, 128, np.uint8))
    int4 = helper.tensor_dtype_to_np_dtype(TensorProto.INT4)
    weight = b.array(b.random.integers(-8, 8, (12, 5)).astype(int4))
    scale = b.quantizer(0.0113, 0, int4)
    output = b.node("Gemm", [current, b.dequantize(weight, scale)])
    b.save(save, path, output, opset=21)
    report = check_model(path, data(0.0299))
    assert report.cause in (Cause.NONE, Cause.FLOAT_KERNEL), str(report)
