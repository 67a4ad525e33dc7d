"""Contributors' models filled into a task's architecture, and what an architecture reveals."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.quantizer import quantize_model


@pytest.fixture(scope="module")
def task(digits, export, tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    path = export("gemm", folder / "float.onnx")
    result = quantize_model(path, digits.x, digits.y)
    architecture = folder / "architecture.onnx"
    architecture.write_bytes(strip_weights(result.model_bytes))
    return path, architecture, result


def test_same_float_model_gives_the_same_bytes(digits, task):
    path, architecture, result = task
    again = quantize_model(path, digits.x, digits.y, like=architecture, weight_bits=4)
    assert again == result


def changed(path, target, edit):
    proto = onnx.load(str(path))
    for tensor in proto.graph.initializer:
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(
            numpy_helper.from_array(edit(tensor.name, values).astype(values.dtype), tensor.name)
        )
    onnx.save(proto, str(target))
    return target


def test_others_differ_from_the_task_in_nothing_but_weights(digits, task, tmp_path):
    path, architecture, result = task
    other = changed(path, tmp_path / "other.onnx", lambda _, v: v * np.float32(0.9))
    own = quantize_model(other, digits.x, digits.y, like=architecture)
    assert own.model_bytes != result.model_bytes
    assert strip_weights(own.model_bytes) == architecture.read_bytes()
    assert own.report.int8_accuracy > 0.9
    assert not own.report.warnings
    for mine, theirs in zip(own.report.layers, result.report.layers, strict=True):
        assert mine.accumulator_bits == theirs.accumulator_bits
        assert mine.input_exponent == theirs.input_exponent


def test_another_export_of_the_same_network_fits(digits, task, export, tmp_path):
    _, architecture, result = task
    other = export("matmul", tmp_path / "other.onnx")
    own = quantize_model(other, digits.x, digits.y, like=architecture)
    assert own.model_bytes == result.model_bytes


def test_weights_beyond_the_task_are_cut_off_and_counted(digits, task, tmp_path):
    path, architecture, _ = task
    limit = 63 / 2.0 ** quantize_model(path, digits.x, digits.y).report.layers[0].weight_exponent

    def edit(name, values):
        values = values.copy()
        if name == "fc1.w":
            values[3, :5] = 2 * limit
        return values

    report = quantize_model(
        changed(path, tmp_path / "big.onnx", edit), digits.x, digits.y, like=architecture
    ).report
    assert report.layers[0].clipped_parameters == 5
    assert any("'fc1'" in w and "5 of" in w for w in report.warnings)


def test_overflowing_channel_is_named(digits, task, tmp_path):
    path, architecture, result = task

    def edit(name, values):
        values = values.copy()
        if name == "fc1.b":
            values[7] = 1465
        return values

    wide = quantize_model(
        changed(path, tmp_path / "wide.onnx", edit), digits.x, digits.y, like=architecture
    )
    worst = wide.report.layers[0].worst_case
    assert worst > 2 ** (result.report.layers[0].accumulator_bits - 1)
    named = [w for w in wide.report.warnings if "'fc1', channel 7:" in w]
    assert len(named) == 1
    assert str(worst) in named[0]
    assert not any("channel 6" in w for w in wide.report.warnings)


def test_a_channel_a_little_too_wide_is_made_smaller(digits, task, tmp_path):
    path, architecture, result = task
    (room, *_) = result.report.layers
    factor = 1.15 * (1 << (room.accumulator_bits - 1)) / room.worst_case

    def edit(name, values):
        return values * np.float32(factor) if name in ("fc1.w", "fc1.b") else values

    wide = quantize_model(
        changed(path, tmp_path / "wide.onnx", edit), digits.x, digits.y, like=architecture
    )
    assert wide.report.layers[0].worst_case < 1 << (room.accumulator_bits - 1)
    (told,) = (w for w in wide.report.warnings if "were multiplied by 0.8" in w)
    assert "'fc1'" in told


def test_sums_beyond_float32_are_refused(digits, task, tmp_path):
    path, architecture, _ = task
    huge = changed(path, tmp_path / "huge.onnx", lambda n, v: v + 1e7 * (n == "fc2.b"))
    with pytest.raises(InputError, match=r"'fc2'(.|\n)*2\^24"):
        quantize_model(huge, digits.x, digits.y, like=architecture)


def test_other_architectures_are_refused_by_name(digits, task, save_model, tmp_path):
    _, architecture, _ = task
    rng = np.random.default_rng(1)

    def net(hidden, activation, shape=(64,)):
        arrays = {
            "w1": rng.normal(size=(64, hidden)).astype(np.float32),
            "w2": rng.normal(size=(hidden, 10)).astype(np.float32),
        }
        nodes = [
            helper.make_node("Flatten", ["x"], ["f"]),
            helper.make_node("MatMul", ["f", "w1"], ["h"], name="first"),
            helper.make_node(activation, ["h"], ["a"]),
            helper.make_node("MatMul", ["a", "w2"], ["z"], name="second"),
        ]
        return save_model(tmp_path / f"{hidden}{activation}.onnx", nodes, arrays, ["N", *shape])

    for path, x, name in [
        (net(31, "Relu"), digits.x, "'first' .*'fc1'"),
        (net(32, "Identity"), digits.x, "'first' .*'fc1'"),
        (net(32, "Relu", (8, 8)), digits.x.reshape(-1, 8, 8), "the input"),
    ]:
        with pytest.raises(InputError, match=name):
            quantize_model(path, x, digits.y, like=architecture)


def test_pattern_has_to_be_a_task(digits, task):
    path, _, _ = task
    with pytest.raises(InputError, match=r"zkpot\.weight_bits"):
        quantize_model(path, digits.x, digits.y, like=path)


class Reader(CalibrationDataReader):
    def __init__(self, x):
        self.rows = iter([{"x": x}])

    def get_next(self):
        return next(self.rows, None)


@pytest.mark.parametrize("form", [QuantFormat.QDQ, QuantFormat.QOperator])
@pytest.mark.parametrize("per_channel", [False, True])
def test_strip_zeroes_onnxruntimes_own_models(digits, export, tmp_path, form, per_channel):
    path = export("matmul", tmp_path / "float.onnx")
    out = tmp_path / "int8.onnx"
    quantize_static(
        str(path),
        str(out),
        Reader(digits.x[:100]),
        quant_format=form,
        per_channel=per_channel,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=["softmax"],
    )
    before, stripped = onnx.load(str(out)), strip_weights(out.read_bytes())
    after = onnx.load_model_from_string(stripped)
    assert strip_weights(stripped) == stripped
    assert [n.name for n in after.graph.node] == [n.name for n in before.graph.node]
    zeroed = 0
    for old, new in zip(before.graph.initializer, after.graph.initializer, strict=True):
        left, right = numpy_helper.to_array(old), numpy_helper.to_array(new)
        assert (old.name, left.dtype, left.shape) == (new.name, right.dtype, right.shape)
        kept = "scale" in old.name or "zero_point" in old.name or old.name == "to"
        assert (right == (left if kept else 0)).all(), old.name
        zeroed += not kept
    assert zeroed >= 4
