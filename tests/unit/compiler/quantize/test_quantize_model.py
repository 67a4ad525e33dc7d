"""Quantized models against onnxruntime, and against integers computed from the written file."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.frontend import quantizer
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.compiler.integer_graph import integer_logits

from tests.unit.compiler.quantize.sessions import run


def read(model):
    proto = onnx.load_model_from_string(model)
    arrays = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer}
    makers = {name: node for node in proto.graph.node for name in node.output}
    return proto, arrays, makers


def by_hand(model, x):
    """The logits, from the file's own integers: scalar rules, nothing of zkpot's."""
    proto, arrays, makers = read(model)
    gemms = [node for node in proto.graph.node if node.op_type == "Gemm"]

    def source(name):
        node = makers[name]
        return arrays.get(node.input[0]), *(arrays[n] for n in node.input[1:])

    _, scale, zero = source(gemms[0].input[0])
    q = np.clip(np.rint(x.reshape(len(x), -1) / scale) + zero, 0, 255).astype(np.int64)
    for gemm, following in zip(gemms, [*gemms[1:], None], strict=True):
        _, scale, zero = source(gemm.input[0])
        weight, weight_scale, _ = source(gemm.input[1])
        bias, bias_scale, _ = source(gemm.input[2])
        assert (bias_scale == np.float32(scale * weight_scale)).all()
        acc = (q - int(zero)) @ weight.astype(np.int64) + bias
        assert np.abs(acc).max() < 2**24
        if following is None:
            return acc.astype(np.float32) * bias_scale
        _, next_scale, next_zero = source(following.input[0])
        ratio = np.rint(next_scale.astype(float) / bias_scale).astype(np.int64)
        half = np.floor_divide(2 * acc + ratio, 2 * ratio)
        half -= ((2 * acc + ratio) % (2 * ratio) == 0) & (half % 2 == 1)
        q = np.clip(half + int(next_zero), 0, 255)
    raise AssertionError


FORMS = [
    ("gemm", {"batch": "N"}),
    ("gemm", {"batch": 1}),
    ("gemm", {"batch": "N", "trans": 0}),
    ("gemm", {"batch": "N", "shape": (1, 8, 8)}),
    ("gemm", {"batch": 1, "shape": (8, 8, 1)}),
    ("matmul", {"batch": "N"}),
    ("matmul", {"batch": 1, "shape": (1, 8, 8)}),
]


@pytest.mark.parametrize(("form", "options"), FORMS)
def test_every_form_equals_onnxruntime_on_all_digits(digits, export, tmp_path, form, options):
    path = export(form, tmp_path / "float.onnx", **options)
    x = digits.x.reshape(-1, *options.get("shape", (64,)))
    result = quantize_model(path, x, digits.y)
    expected = by_hand(result.model_bytes, x)
    np.testing.assert_array_equal(run(result.model_bytes, x), expected)
    plain = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    np.testing.assert_array_equal(run(result.model_bytes, x, plain), expected)
    float_right = run(path.read_bytes(), x).argmax(axis=1) == digits.y
    assert result.report.float_accuracy == float_right.mean()
    assert result.report.int8_accuracy == (expected.argmax(axis=1) == digits.y).mean()
    assert result.report.lost < 1.0
    proto, _, _ = read(result.model_bytes)
    dims = proto.graph.input[0].type.tensor_type.shape.dim
    assert (dims[0].dim_value or dims[0].dim_param) == options["batch"]


@pytest.mark.parametrize("batch", ["N", 1])
@pytest.mark.parametrize("bits", [4, 5, 6, 7])
def test_every_width_is_exact_and_within_its_range(digits, export, tmp_path, bits, batch):
    path = export("gemm", tmp_path / "float.onnx", batch=batch)
    result = quantize_model(path, digits.x, digits.y, weight_bits=bits)
    expected = by_hand(result.model_bytes, digits.x)
    np.testing.assert_array_equal(run(result.model_bytes, digits.x), expected)
    _, arrays, _ = read(result.model_bytes)
    for name in ("fc1.w_quantized", "fc2.w_quantized"):
        assert arrays[name].min() >= -(2 ** (bits - 1))
        assert arrays[name].max() <= 2 ** (bits - 1) - 1
    assert result.report.lost < (4.0 if bits == 4 else 1.5)


@pytest.mark.parametrize("bits", [7, 8])
def test_one_wrong_logit_is_noticed(digits, export, tmp_path, monkeypatch, bits):
    def off_by_one(*arguments):
        logits = integer_logits(*arguments)
        logits[1234, 5] += 1
        return logits

    monkeypatch.setattr(quantizer, "integer_logits", off_by_one)
    path = export("gemm", tmp_path / "float.onnx")
    if bits == 7:
        with pytest.raises(quantizer.OracleMismatch, match="in 1 of 17970 logits"):
            quantize_model(path, digits.x, digits.y, weight_bits=bits)
    else:
        report = quantize_model(path, digits.x, digits.y, weight_bits=bits).report
        assert any(" of 17970 logits differ" in warning for warning in report.warnings)


def test_full_range_warns_and_never_refuses(digits, export, tmp_path):
    path = export("gemm", tmp_path / "float.onnx")
    result = quantize_model(path, digits.x, digits.y, full_range=True)
    assert result.report.layers[0].weight_bits == 8
    assert any("AVX2" in warning for warning in result.report.warnings)
    same = quantize_model(path, digits.x, digits.y, weight_bits=8)
    assert same.model_bytes == result.model_bytes


def test_full_range_where_some_kernels_saturate(save_model, tmp_path):
    """255·127·2 leaves int16: wrong on AVX2 alone, right with VNNI, an error on neither."""
    rng = np.random.default_rng(2)
    weight = rng.uniform(0.6, 0.99, (64, 3))
    weight = (weight - weight.mean(axis=0) + 0.79).astype(np.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"], name="only")]
    path = save_model(tmp_path / "big.onnx", nodes, {"w": weight}, ["N", 64], classes=3)
    x = rng.uniform(0.7, 0.99, (200, 64)).astype(np.float32)
    result = quantize_model(path, x, full_range=True)
    assert result.report.layers[0].weight_exponent == 7
    differing = int((run(result.model_bytes, x) != by_hand(result.model_bytes, x)).sum())
    text = f"here {differing} of 600" if differing else "all 600 logits are exact"
    assert any(text in warning for warning in result.report.warnings)
    narrow = quantize_model(path, x)
    np.testing.assert_array_equal(run(narrow.model_bytes, x), by_hand(narrow.model_bytes, x))


def test_file_holds_what_tasks_rely_on(digits, export, tmp_path):
    path = export("gemm", tmp_path / "float.onnx", shape=(8, 8))
    result = quantize_model(path, digits.x.reshape(-1, 8, 8), digits.y)
    proto, arrays, makers = read(result.model_bytes)
    for name, value in arrays.items():
        if name.endswith("_scale"):
            assert (np.frexp(value)[0] == 0.5).all()
        if name.endswith("_zero_point"):
            assert (value % 2 == 0).all()
    props = {p.key: p.value for p in proto.metadata_props}
    assert props["zkpot.weight_bits"] == "7"
    widths = json.loads(props["zkpot.accumulator_bits"])
    assert widths == {layer.name: layer.accumulator_bits for layer in result.report.layers}
    assert makers[proto.graph.output[0].name].op_type == "Gemm"
    assert [n.name for n in proto.graph.node if n.op_type == "Gemm"] == ["fc1", "fc2"]
    assert max(o.version for o in proto.opset_import) <= 21
    assert proto.ir_version <= 10


def test_result_and_report_are_deterministic(digits, export, tmp_path):
    path = export("gemm", tmp_path / "float.onnx")
    stages = []
    first = quantize_model(path, digits.x, digits.y, progress=lambda *p: stages.append(p))
    assert quantize_model(path, digits.x, digits.y) == first
    assert stages
    assert all(0 <= share <= 1 for _, share in stages)
    raw = json.loads(json.dumps(first.report.to_json()))
    assert raw["lost"] == first.report.lost
    text = str(first.report)
    assert "float accuracy" in text
    assert "fc1" in text


def test_without_labels_only_agreement_is_known(digits, export, tmp_path):
    report = quantize_model(export("gemm", tmp_path / "f.onnx"), digits.x).report
    assert (report.float_accuracy, report.int8_accuracy, report.lost) == (None, None, None)
    assert report.agreement > 0.98


def test_argmax_is_dropped_with_a_warning(digits, export, tmp_path):
    proto = onnx.load(str(export("gemm", tmp_path / "plain.onnx")))
    proto.graph.node.append(
        helper.make_node("ArgMax", ["z"], ["label"], name="top", axis=1, keepdims=0)
    )
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]))
    onnx.save(proto, str(tmp_path / "argmax.onnx"))
    result = quantize_model(tmp_path / "argmax.onnx", digits.x, digits.y)
    plain = quantize_model(tmp_path / "plain.onnx", digits.x, digits.y)
    assert result.model_bytes == plain.model_bytes
    assert result.report.float_accuracy == plain.report.float_accuracy
    assert any("ArgMax" in warning for warning in result.report.warnings)


@pytest.mark.parametrize(
    ("lo", "hi"), [(0.0, 6.0), (-1.0, 2.5), (None, 3.0), (0.5, None), (None, None)]
)
def test_clips_and_missing_activations_cost_no_node(save_model, tmp_path, lo, hi):
    rng = np.random.default_rng(5)
    arrays = {
        "w1": rng.normal(size=(12, 20)).astype(np.float32) * 0.7,
        "b1": rng.normal(size=20).astype(np.float32),
        "w2": rng.normal(size=(20, 4)).astype(np.float32) * 0.5,
    }
    bounds = {"lo": lo, "hi": hi}
    arrays |= {k: np.float32(v) for k, v in bounds.items() if v is not None}
    names = ["h", *(k if bounds[k] is not None else "" for k in bounds)]
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="one", alpha=0.5, beta=2.0),
        helper.make_node("Clip", names, ["c"], name="clip"),
        helper.make_node("MatMul", ["c", "w2"], ["z"], name="two"),
    ]
    path = save_model(tmp_path / "clip.onnx", nodes, arrays, ["N", 12], classes=4)
    x = rng.normal(size=(500, 12)).astype(np.float32)
    result = quantize_model(path, x)
    np.testing.assert_array_equal(run(result.model_bytes, x), by_hand(result.model_bytes, x))
    proto, arrays, _ = read(result.model_bytes)
    assert "Clip" not in {node.op_type for node in proto.graph.node}
    assert arrays["c_zero_point"] == (128 if (lo, hi) == (None, None) else 0)
    assert result.report.layers[0].input_zero_point in range(2, 256, 2)
    assert result.report.agreement > 0.93


@pytest.mark.parametrize("squash", ["Sigmoid", "Tanh"])
def test_what_keeps_the_order_of_logits_is_dropped_at_the_end(tmp_path, save_model, squash):
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["z"], name="only"),
        helper.make_node(squash, ["z"], ["s"], name="squash"),
    ]
    arrays = {"w": rng.normal(size=(4, 3)).astype(np.float32)}
    path = save_model(tmp_path / "s.onnx", nodes, arrays, ["N", 4], classes=3)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    result = quantize_model(path, x)
    assert any("'squash'" in warning for warning in result.report.warnings)
    np.testing.assert_array_equal(run(result.model_bytes, x), by_hand(result.model_bytes, x))
    assert result.report.agreement > 0.97
