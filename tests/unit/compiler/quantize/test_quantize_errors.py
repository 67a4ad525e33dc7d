"""What can't be quantized is refused with its name and a remedy."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend.quantizer import quantize_model

X = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
Y = np.arange(20) % 3


def dense(name="fc", data="x", output="z", **attributes):
    return helper.make_node("Gemm", [data, "w", "b"], [output], name=name, **attributes)


@pytest.fixture
def model(save_model, tmp_path):
    def build(*nodes, shape=("N", 6), opset=13, **arrays):
        rng = np.random.default_rng(1)
        arrays = {
            "w": rng.normal(size=(6, 3)).astype(np.float32),
            "b": rng.normal(size=3).astype(np.float32),
            **arrays,
        }
        path = tmp_path / "model.onnx"
        return save_model(path, list(nodes) or [dense()], arrays, shape, classes=3, opset=opset)

    return build


def refused(pattern, path, x=X, y=Y, **options):
    with pytest.raises(InputError, match=pattern) as caught:
        quantize_model(path, x, y, **options)
    assert caught.value.remedy


def test_the_plain_model_is_accepted(model):
    assert quantize_model(model(), X, Y).report.samples == 20


def test_files_that_are_no_models(tmp_path):
    refused("no file", tmp_path / "absent.onnx")
    refused("can't be read", tmp_path)
    for content in (b"", b"not ONNX at all", bytes(range(256)) * 9):
        (tmp_path / "rubbish.onnx").write_bytes(content)
        refused("rubbish.onnx", tmp_path / "rubbish.onnx")


def test_truncated_file(model):
    path = model()
    path.write_bytes(path.read_bytes()[:-40])
    refused("model.onnx", path)


def test_quantized_already(model, tmp_path):
    result = quantize_model(model(), X, Y)
    (tmp_path / "int8.onnx").write_bytes(result.model_bytes)
    refused("quantized already", tmp_path / "int8.onnx")


@pytest.mark.parametrize(
    ("nodes", "pattern"),
    [
        (
            [helper.make_node("Hardmax", ["x"], ["r"], name="h"), dense(data="r")],
            r"'h' \(Hardmax\)",
        ),
        (
            [helper.make_node("Softmax", ["x"], ["s"], name="s"), dense(data="s")],
            r"'s' \(Softmax\)",
        ),
        (
            [
                dense(output="h"),
                helper.make_node("Softmax", ["h"], ["s"], name="s"),
                helper.make_node("Relu", ["s"], ["z"], name="late"),
            ],
            r"'late' \(Relu\)(.|\n)*after Softmax",
        ),
        (
            [
                dense(output="h"),
                dense("other", output="g"),
                helper.make_node("Max", ["h", "g"], ["z"], name="both"),
            ],
            r"'both' \(Max\)(.|\n)*two tensors",
        ),
        (
            [
                dense(output="h"),
                helper.make_node("Div", ["b", "h"], ["z"], name="d"),
            ],
            r"'d' \(Div\)(.|\n)*one element",
        ),
        (
            [
                dense(output="h"),
                helper.make_node("Clip", ["h", "top", "low"], ["z"], name="empty"),
            ],
            r"'empty' \(Clip\)",
        ),
    ],
)
def test_nodes_that_cannot_be_read(model, nodes, pattern):
    refused(pattern, model(*nodes, top=np.float32(2), low=np.float32(1)))


@pytest.mark.parametrize("target", [[6, -1], [1, 6], [-1, 3]])
def test_reshape_that_mixes_samples(model, target):
    reshape = helper.make_node("Reshape", ["x", "to"], ["f"], name="mixer")
    path = model(reshape, dense(data="f"), to=np.array(target, np.int64))
    refused("'mixer'", path)


@pytest.mark.parametrize("shape", [(5, 6), ("N", "K"), (6,)])
def test_input_shapes(model, shape):
    refused("input 'x' has shape", model(shape=shape))


def test_input_type_and_number(model):
    path = model()
    proto = onnx.load(str(path))
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    onnx.save(proto, str(path))
    refused("not float32", path)
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    proto.graph.output.append(proto.graph.output[0])
    proto.graph.output[1].name = "x"
    onnx.save(proto, str(path))
    refused("2 outputs", path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite(model, bad):
    weight = np.ones((6, 3), np.float32)
    weight[2, 1] = bad
    refused("'w'.*NaN", model(w=weight))
    x = X.copy()
    x[7, 2] = bad
    refused("sample 7 ", model(), x=x)


def test_data_that_do_not_fit(model):
    path = model()
    refused(r"shape \(20, 5\)", path, x=X[:, :5])
    refused("no samples", path, x=X[:0], y=Y[:0])
    refused("type <U", path, x=X.astype(str))
    refused("label 3 of sample 4 ", path, y=np.where(np.arange(20) == 4, 3, Y))
    refused("label -1 of sample 0 ", path, y=Y - 1)
    refused("labels y have shape", path, y=Y[:19])
    refused("labels y have shape", path, y=Y.astype(np.float32))


@pytest.mark.parametrize("bits", [3, 9])
def test_weight_bits(model, bits):
    refused(f"{bits} weight bits", model(), weight_bits=bits)


def test_values_at_the_ends_of_float32(model):
    refused("'fc'", model(w=np.full((6, 3), 1e-30, np.float32), b=np.zeros(3, np.float32)))
    refused("'fc'", model(), x=X * np.float32(1e-30))


def test_a_single_logit_is_no_classifier(model):
    path = model(w=np.ones((6, 1), np.float32), b=np.ones(1, np.float32))
    refused("not a classifier", path)
