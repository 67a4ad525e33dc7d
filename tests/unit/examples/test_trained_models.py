"""The committed networks: what they are, and that they know the digits."""

from math import prod
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from examples.mnist.data import load_digits, split_digits

MODELS = Path(__file__).parents[2] / "models"
FLOAT = sorted((MODELS / "float").glob("*.onnx"))
INT8 = sorted((MODELS / "ort").glob("*.onnx"))
LEAST = {"lenet_max": 0.98, "lenet_avg": 0.98, "resnet": 0.97, "depthwise": 0.97, "vgg": 0.97}
LOST_AT_MOST = 0.005
FORMS = ("qdq", "qdq_channel", "qoperator")
NORMS = {"resnet": 9, "depthwise": 7}
INTEGER = {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
BUDGET = 5_000_000


@pytest.fixture(scope="module")
def tested():
    _, test = split_digits(load_digits())
    return test


@pytest.fixture(scope="module")
def float_accuracy(tested):
    return {path.stem: accuracy(path, tested) for path in FLOAT}


def accuracy(path, digits):
    session = onnxruntime.InferenceSession(path)
    (logits,) = session.run(None, {"image": digits.x})
    assert logits.shape == (len(digits), 10)
    return np.mean(logits.argmax(axis=1) == digits.y)


def kinds(model):
    return [node.op_type for node in model.graph.node]


def test_every_network_is_there_in_every_form():
    assert {path.stem for path in FLOAT} == LEAST.keys()
    wanted = {f"{name}_{form}" for name in LEAST for form in FORMS}
    assert {path.stem for path in INT8} == wanted


@pytest.mark.parametrize("path", FLOAT, ids=lambda path: path.stem)
def test_float_networks_know_the_digits(path, float_accuracy):
    assert float_accuracy[path.stem] >= LEAST[path.stem]


@pytest.mark.parametrize("path", INT8, ids=lambda path: path.stem)
def test_int8_networks_lose_little(path, tested, float_accuracy):
    network = next(name for name in LEAST if path.stem.startswith(name))
    assert accuracy(path, tested) >= float_accuracy[network] - LOST_AT_MOST


@pytest.mark.parametrize("path", FLOAT, ids=lambda path: path.stem)
def test_float_networks_leave_folding_to_the_quantizer(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    (data,) = model.graph.input
    assert data.type.tensor_type.shape.dim[0].dim_param == "batch"
    assert kinds(model).count("BatchNormalization") == NORMS.get(path.stem, 0)
    assert sum(prod(it.dims) for it in model.graph.initializer) <= 100_000


@pytest.mark.parametrize("path", INT8, ids=lambda path: path.stem)
def test_int8_weights_have_seven_bits(path):
    """So that no 16-bit sum of two products with uint8 saturates: 2·255·64 < 2^15."""
    arrays = [it for it in onnx.load(path).graph.initializer if it.data_type in INTEGER]
    weights = [onnx.numpy_helper.to_array(it) for it in arrays if len(it.dims) > 1]
    assert len(weights) >= 5
    assert max(np.abs(it.astype(int)).max() for it in weights) <= 64


@pytest.mark.parametrize("path", INT8, ids=lambda path: path.stem)
def test_int8_networks_have_the_form_they_are_named_after(path):
    found = set(kinds(onnx.load(path)))
    assert ("QLinearConv" in found) == path.stem.endswith("qoperator")
    assert ("Conv" in found) != path.stem.endswith("qoperator")
    assert not found & {"BatchNormalization", "Relu", "Clip"}


def test_the_files_are_small():
    assert sum(path.stat().st_size for path in MODELS.rglob("*.onnx")) <= BUDGET
