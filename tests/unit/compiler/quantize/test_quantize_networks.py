"""Networks of every kind of node, quantized: against onnxruntime, and as the compiler reads it."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper
from sklearn.datasets import load_digits
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.quantizer import quantize_model

from tests.unit.compiler.quantize.networks import NETWORKS, Network
from tests.unit.compiler.quantize.sessions import run

X = (load_digits().data / 16).astype(np.float32)
CALIBRATION = 96


@pytest.fixture(scope="module", params=NETWORKS)
def quantized(request, tmp_path_factory):
    """A network's name, float model, data and quantization."""
    folder, net = tmp_path_factory.mktemp("networks"), NETWORKS[request.param]()
    x = X.reshape(-1, *net.shape)
    (folder / "float.onnx").write_bytes(net.model().SerializeToString())
    result = quantize_model(folder / "float.onnx", x[:CALIBRATION])
    (folder / "int8.onnx").write_bytes(result.model_bytes)
    return request.param, folder, x, result


def test_predictions_are_the_float_models(quantized):
    name, folder, x, result = quantized
    float_classes = run((folder / "float.onnx").read_bytes(), x).argmax(axis=1)
    int8_classes = run(result.model_bytes, x).reshape(len(x), -1).argmax(axis=1)
    assert np.mean(float_classes == int8_classes) > 0.9, name


def test_optimized_and_plain_sessions_agree_on_unseen_data(quantized):
    _, _, x, result = quantized
    plain = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    np.testing.assert_array_equal(run(result.model_bytes, x), run(result.model_bytes, x, plain))


def test_the_compiler_reads_every_value_alike(quantized):
    _, folder, x, _ = quantized
    report = check_model(folder / "int8.onnx", x[-300:])
    assert report.default.agrees


def test_files_hold_what_circuits_rely_on(quantized):
    _, _, _, result = quantized
    proto = onnx.load_model_from_string(result.model_bytes)
    arrays = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer}
    for node in proto.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            assert (np.frexp(arrays[node.input[1]])[0] == 0.5).all()
            assert (arrays[node.input[2]] % 2 == 0).all()
        if node.op_type in ("Conv", "Gemm", "MatMul"):
            weight = arrays[node.input[1].removesuffix("_dequantized") + "_quantized"]
            assert weight.dtype == np.int8
            assert weight.min() >= -64
            assert weight.max() <= 63
    widths = json.loads({p.key: p.value for p in proto.metadata_props}["zkpot.accumulator_bits"])
    names = {n.name for n in proto.graph.node if n.op_type in ("Conv", "Gemm", "MatMul")}
    assert set(widths) == names == {layer.name for layer in result.report.layers}


def test_moved_data_keep_their_scale(quantized):
    _, _, _, result = quantized
    proto = onnx.load_model_from_string(result.model_bytes)
    arrays = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer}
    producers = {name: node for node in proto.graph.node for name in node.output}
    readers = {name: node for node in proto.graph.node for name in node.input}
    moving = {"Flatten", "Reshape", "Transpose", "Concat", "MaxPool", "Slice", "Pad", "Resize"}
    for node in proto.graph.node:
        behind = readers.get(node.output[0])
        if node.op_type in moving and behind is not None and behind.op_type == "QuantizeLinear":
            wanted = [arrays[name].tolist() for name in behind.input[1:]]
            for name in node.input:
                before = producers.get(name)
                if before is not None and before.op_type == "DequantizeLinear":
                    assert [arrays[n].tolist() for n in before.input[1:]] == wanted


def test_the_task_gives_its_own_model_again(quantized):
    """The same file, but that an architecture stores what a model has in Constant nodes."""
    _, folder, x, result = quantized
    architecture = folder / "architecture.onnx"
    architecture.write_bytes(strip_weights(result.model_bytes))
    again = quantize_model(folder / "float.onnx", x[:CALIBRATION], like=architecture)
    (folder / "again.onnx").write_bytes(again.model_bytes)
    assert strip_weights(again.model_bytes) == architecture.read_bytes()
    first, second = import_model(folder / "int8.onnx"), import_model(folder / "again.onnx")
    assert first.graph == second.graph
    assert all(np.array_equal(first.values[name], second.values[name]) for name in first.values)
    assert again.model_bytes == result.model_bytes or "Constant" in operators(result)
    assert again.report.layers == result.report.layers


def operators(result):
    return [n.op_type for n in onnx.load_model_from_string(result.model_bytes).graph.node]


@pytest.fixture
def quantize(tmp_path):
    def made(net, **options):
        (tmp_path / "float.onnx").write_bytes(net.model().SerializeToString())
        x = X[:CALIBRATION].reshape(-1, *net.shape)
        return quantize_model(tmp_path / "float.onnx", x, **options)

    return made


def test_what_is_folded_leaves_no_node(quantize):
    residual, clipped, tokens = (
        operators(quantize(NETWORKS[name]())) for name in ("residual", "clipped", "tokens")
    )
    assert "BatchNormalization" not in residual
    assert "Relu" not in residual
    assert residual.count("Conv") == 4  # three, and the norm that no layer can take up
    assert clipped.count("Clip") == 2
    assert not {"Sub", "Div", "ArgMax"} & set(tokens)


def test_channels_of_very_different_sizes_get_scales_of_their_own(quantize):
    net = NETWORKS["residual"]()
    net.arrays["c1.w"] *= np.array([1, 8, 0.05, 1, 0.3, 2], np.float32).reshape(-1, 1, 1, 1)
    net.arrays["behind.scale"] /= np.array([1, 8, 0.05, 1, 0.3, 2], np.float32)
    net.arrays["behind.mean"] *= np.array([1, 8, 0.05, 1, 0.3, 2], np.float32)
    report = quantize(net).report
    assert any(len(set(layer.weight_exponents)) > 1 for layer in report.layers)
    assert report.agreement > 0.9


@pytest.mark.parametrize("bits", [4, 7, 8])
def test_weights_are_as_wide_as_asked(quantize, bits):
    result = quantize(NETWORKS["convolutional_logits"](), weight_bits=bits)
    proto = onnx.load_model_from_string(result.model_bytes)
    weights = [numpy_helper.to_array(t) for t in proto.graph.initializer if "w_quantized" in t.name]
    assert all(-(2 ** (bits - 1)) <= w.min() and w.max() < 2 ** (bits - 1) for w in weights)


def changed(name, **changes):
    """A network of which one node has other attributes."""
    net = NETWORKS[name]()
    (node,) = (node for node in net.nodes if node.name in changes)
    del node.attribute[:]
    attributes = changes[node.name].items()
    node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes)
    return net


def other_function():
    net = NETWORKS["LeakyRelu"]()
    next(n for n in net.nodes if n.name == "act").attribute.append(
        helper.make_attribute("alpha", 0.2)
    )
    return net


def without_relu():
    net = NETWORKS["residual"]()
    next(n for n in net.nodes if n.name == "r2").op_type = "Identity"
    return net


def rewired():
    net = NETWORKS["one_dimensional"]()
    sub = next(n for n in net.nodes if n.name == "difference")
    sub.input[:] = sub.input[::-1]
    return net


@pytest.mark.parametrize(
    ("task", "other", "named"),
    [
        ("residual", lambda: changed("residual", c1={"pads": [0, 0, 2, 2]}), "'c1'"),
        ("residual", without_relu, "'c1'"),
        (
            "squeeze_excite",
            lambda: changed("squeeze_excite", gate={"alpha": 0.3}),
            "'gate'",
        ),
        ("LeakyRelu", other_function, "'act'"),
        ("one_dimensional", rewired, "'difference'"),
        ("one_dimensional", lambda: changed("one_dimensional", t={"perm": [0, 1, 2]}), "'t'"),
        ("clipped", lambda: changed("clipped", k2={"min": 0.0, "max": 0.5}), "'c2'"),
    ],
)
def test_another_architecture_is_refused_by_name(quantize, tmp_path, task, other, named):
    architecture = tmp_path / "architecture.onnx"
    architecture.write_bytes(strip_weights(quantize(NETWORKS[task]()).model_bytes))
    with pytest.raises(InputError, match=f"(?s){named}.*the task") as caught:
        quantize(other(), like=architecture)
    assert caught.value.remedy


def refusal(operator, inputs, **attributes):
    """A convolution, then a node that can't be read, then logits."""
    net = Network(opset=9 if operator == "Upsample" else 17)
    net.conv("x", "c1", 2, 1, 3, 3, pads=[1] * 4)
    net.constant("each", np.ones((1, 2, 8, 8)))
    net.constant("slopes", np.ones((2, 1, 1)))
    net.constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], np.int64)
    net.constant("one", 1)
    net.constant("grown", [1, 1, 2, 2])
    net.add(operator, inputs, "odd", **attributes)
    net.add("Flatten", "odd", "flat")
    net.dense(
        "flat", "fc", 200 if operator == "Pad" else 512 if operator == "Upsample" else 128, 10
    )
    return net


@pytest.mark.parametrize(
    ("net", "why"),
    [
        (lambda: refusal("PRelu", "c1 slopes"), "more than one element"),
        (lambda: refusal("Pad", "c1 pads one"), "other than 0"),
        (lambda: refusal("Upsample", "c1 grown", mode="linear"), "mode is linear"),
        (lambda: refusal("LRN", "c1", size=3), "not one of"),
    ],
)
def test_what_is_not_known_is_refused_with_its_name(quantize, net, why):
    with pytest.raises(InputError, match=f"(?s)'odd'.*{why}") as caught:
        quantize(net())
    assert caught.value.remedy
