"""The report: what it counts, whom it names, and when it lets a model pass."""

import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model, oracle
from zkpot.compiler.frontend.model_cuts import cut, with_unsigned_weights
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause
from zkpot.compiler.frontend.processor import KERNEL_FLAGS, processor


@pytest.fixture(scope="module")
def exact(quantized):
    return quantized("QOperator", reduce_range=True)


@pytest.fixture(scope="module")
def saturating(quantized):
    """All weights of the first layer at 127 or -128: u8·s8 pairs leave int16 on AVX2."""
    path = quantized()
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        if tensor.name == "w0_quantized":
            signs = np.sign(numpy_helper.to_array(tensor).astype(int))
            weights = np.where(signs < 0, -128, 127).astype(np.int8)
            tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))
    onnx.save(model, str(path))
    return path


def test_an_exact_model(exact, digits):
    report = check_model(exact, digits.x)
    assert report.ok and report.warning is None and report.exact is None
    assert (report.samples, report.default.predictions) == (597, 0)
    assert report.default.values == 597 * (64 + 32 + 10)
    assert [t.values // 597 for t in report.default.tensors] == [64, 32, 10]
    assert str(report).startswith("agrees: ") and "0 of 63282 values" in str(report)


def test_the_report_is_json(exact, saturating, digits):
    for path in (exact, saturating):
        report = check_model(path, digits.x[:50])
        record = json.loads(json.dumps(report.to_json()))
        assert record["ok"] is True and record["cause"] == report.cause.value
        assert record["mismatches"] == report.default.mismatches
        assert record["default"]["mismatches"] == report.default.mismatches
        assert set(record["processor"]["flags"]) <= set(KERNEL_FLAGS)


def test_saturation_is_told_and_never_hidden(saturating, digits):
    report = check_model(saturating, digits.x)
    assert report.ok
    if report.cause is Cause.NONE:
        pytest.skip("this machine's kernels do not saturate")
    assert report.cause is Cause.SATURATING_KERNEL
    assert report.default.mismatches > 0 and report.exact.mismatches == 0
    assert report.exact.predictions == 0
    assert str(report.default.mismatches) in report.warning
    assert "exact kernels: 0 of" in str(report)
    first = report.default.first
    assert first.node == "a0_QuantizeLinear" and first.first.integers != first.first.onnxruntime


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("style", ["QDQ", "QOperator"])
def test_the_first_node_that_differs_is_named(quantized, digits, layer, style):
    path = quantized(style, kind="matmul", reduce_range=True)
    read = import_model(path)
    names = [node.name for node in read.graph.nodes if node.op == "dense"]
    dense = next(node for node in read.graph.nodes if node.name == names[layer])
    read.values[dense.inputs[1]][:, 2] += 40
    report = check_model(path, digits.x, imported=read)
    assert not report.ok and report.warning is None
    assert report.cause is Cause.UNEXPLAINED
    expected = {"QDQ": f"m{layer}_QuantizeLinear", "QOperator": f"mm{layer}_quant"}[style]
    first = report.default.first
    assert first.node == expected
    assert first.first.index == 2
    assert abs(first.first.integers - first.first.onnxruntime) >= 1
    assert f"node {expected!r}" in str(report) and str(report).startswith("DIFFERS")


def test_one_wrong_bias_is_seen_in_the_logits(quantized, digits):
    path = quantized(head="ArgMax", exclude=["head"], reduce_range=True)
    read = import_model(path)
    read.values[read.graph.parameters[-1].name][0, 4] += 2000
    report = check_model(path, digits.x, imported=read)
    assert not report.ok and report.default.predictions > 0
    assert report.default.tensors[-1].mismatches > 0
    assert report.default.tensors[0].mismatches == 0


def test_onnxruntime_that_answers_wrongly_is_not_believed(exact, digits, monkeypatch):
    """A run that is off by one step in one value of one sample."""

    def wrong(model, x, outputs, *, symbolic):
        found = genuine(model, x, outputs, symbolic=symbolic)
        if found[0].dtype == np.float32:
            found[0] = found[0].copy()
            found[0][11, 3] = np.nextafter(found[0][11, 3], np.float32(np.inf))
        return found

    genuine = oracle.run
    monkeypatch.setattr(oracle, "run", wrong)
    report = check_model(exact, digits.x)
    assert not report.ok
    assert report.default.tensors[-1].mismatches == 1
    assert (report.default.tensors[-1].first.sample, report.default.tensors[-1].first.index) == (
        11,
        3,
    )


@pytest.mark.parametrize("style", ["QDQ", "QOperator"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("weights", ["QInt8", "QUInt8"])
def test_unsigned_weights_are_the_same_integers(quantized, tmp_path, style, per_channel, weights):
    path = quantized(style, per_channel=per_channel, weights=weights)
    rewritten = with_unsigned_weights(onnx.load(str(path)))
    if weights == "QUInt8":
        assert rewritten is None
        return
    onnx.save(rewritten, str(tmp_path / "unsigned.onnx"))
    before, after = import_model(path), import_model(tmp_path / "unsigned.onnx")
    assert len(before.values) == len(after.values)
    for a, b in zip(before.values.values(), after.values.values(), strict=True):
        assert np.array_equal(a, b)


def test_weights_that_the_model_quantizes_itself_become_unsigned(quantized, tmp_path):
    path = quantized(options={"AddQDQPairToWeight": True}, per_channel=True)
    onnx.save(with_unsigned_weights(onnx.load(str(path))), str(tmp_path / "unsigned.onnx"))
    before, after = import_model(path), import_model(tmp_path / "unsigned.onnx")
    for a, b in zip(before.values.values(), after.values.values(), strict=True):
        assert np.array_equal(a, b)


def test_a_cut_keeps_what_the_tensor_needs(exact):
    model = onnx.load(str(exact))
    name = model.graph.node[1].output[0]
    part = cut(model, name)
    assert [n.name for n in part.graph.node] == [n.name for n in model.graph.node[:2]]
    assert [o.name for o in part.graph.output] == [name]


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.full((3, 64), np.nan, np.float32), "NaN"),
        (np.zeros((3, 8, 8), np.float32), "shape"),
        (np.zeros((0, 64), np.float32), "no samples"),
        (np.zeros((3, 64), complex), "complex"),
    ],
    ids=["nan", "shape", "empty", "complex"],
)
def test_bad_data(exact, x, words):
    with pytest.raises(InputError, match=words):
        check_model(exact, x)


@pytest.mark.parametrize("bad", [0.5, 256, -1])
def test_integer_models_want_their_integers(exact, tmp_path, bad):
    model = onnx.load(str(exact))
    first = model.graph.node[0]
    assert first.op_type == "QuantizeLinear"
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            if name == first.output[0]:
                node.input[i] = "x"
    del model.graph.node[0]
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.save(model, str(tmp_path / "bytes.onnx"))
    x = np.full((4, 64), 7.0)
    assert check_model(tmp_path / "bytes.onnx", x).ok
    x[2, 5] = bad
    with pytest.raises(InputError, match="the model takes uint8, integers from 0 to 255"):
        check_model(tmp_path / "bytes.onnx", x)


def test_the_processor(tmp_path):
    text = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 avx_vnni sse2\n"
    (tmp_path / "cpuinfo").write_text(text * 2)
    found = processor(tmp_path / "cpuinfo")
    assert (found.name, found.flags) == ("Some CPU", ("avx2", "avx_vnni"))
    assert str(found) == "Some CPU (avx2 avx_vnni)"
    assert processor(tmp_path / "absent").flags is None
    (tmp_path / "arm").write_text("processor\t: 0\nFeatures\t: asimd\n")
    assert processor(tmp_path / "arm").flags is None
