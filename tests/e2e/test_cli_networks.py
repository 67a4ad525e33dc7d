"""Networks with convolutions, from an ONNX file to a verified proof, through the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits as load_small_digits
from trial import done, zkpot

from examples.mnist.data import load_digits, split_digits

MODELS = Path(__file__).parents[1] / "models" / "zkpot"
SAMPLES = 2
CONTEXT = "networks/round-1/alice"


def proven(folder: Path, model: Path, x: np.ndarray, y: np.ndarray) -> int:
    """The number of samples that a proof says are right, verified; other labels are refused."""
    np.savez(folder / "data.npz", x=x, y=y)
    np.savez(folder / "other.npz", x=x, y=(y + 1) % 10)
    build, proof = folder / "build", folder / "proof.json"
    done("compile", model, "--samples", len(x), "--out", build)
    done("setup", build, "--dev")
    data = ("--data", folder / "data.npz", "--context", CONTEXT)
    proved = done("prove", build, "--model", model, *data, "--out", proof)
    verify = ("verify", proof, "--build", build, "--allow-dev", "--context", CONTEXT)
    assert done(*verify, "--data", folder / "data.npz")["correct"] == proved["correct"]
    assert zkpot(*verify, "--data", folder / "other.npz").code == 1
    return int(proved["correct"])


def residual_network(path: Path) -> None:
    """An untrained one: a convolution, a block around which its input is added, a mean, classes."""
    rng = np.random.default_rng(17)

    def constant(name: str, *shape: int) -> onnx.TensorProto:
        values = rng.normal(0, (2 / max(np.prod(shape[1:]), 1)) ** 0.5, shape)
        return numpy_helper.from_array(values.astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], strides=[2, 2], pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1] * 4),
        helper.make_node("Add", ["c2", "r1"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["r2"]),
        helper.make_node("Conv", ["r2", "w3"], ["c3"], group=4),
        helper.make_node("HardSwish", ["c3"], ["h3"]),
        helper.make_node("MaxPool", ["h3"], ["m3"], kernel_shape=[2, 2], strides=[1, 1]),
        helper.make_node("GlobalAveragePool", ["m3"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w4", "b4"], ["logits"], transB=1),
    ]
    weights = [
        *(constant("w1", 4, 1, 3, 3), constant("b1", 4), constant("w2", 4, 4, 3, 3)),
        *(constant("b2", 4), constant("w3", 4, 1, 2, 2), constant("w4", 10, 4), constant("b4", 10)),
    ]
    ends = [("image", ["n", 1, 8, 8]), ("logits", ["n", 10])]
    values = [helper.make_tensor_value_info(k, TensorProto.FLOAT, shape) for k, shape in ends]
    graph = helper.make_graph(nodes, "net", values[:1], values[1:], weights)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


def test_a_small_network_of_many_kinds_of_layers(tmp_path: Path) -> None:
    digits = load_small_digits()
    x = (digits.images[:, None] / 16).astype(np.float32)
    np.savez(tmp_path / "train.npz", x=x[:300], y=digits.target[:300])
    residual_network(tmp_path / "float.onnx")
    model = tmp_path / "int8.onnx"
    calibration = ("--calibration", tmp_path / "train.npz")
    done("quantize", tmp_path / "float.onnx", *calibration, "--out", model)
    found = proven(tmp_path, model, x[-3:], digits.target[-3:])
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    classes = session.run(None, {"image": x[-3:]})[0].argmax(1)
    assert found == (classes == digits.target[-3:]).sum()


@pytest.mark.long
@pytest.mark.parametrize("network", ["lenet_max", "resnet", "depthwise"])
def test_a_trained_networks_proof(network: str, tmp_path: Path) -> None:
    test = split_digits(load_digits())[1]
    found = proven(tmp_path, MODELS / f"{network}.onnx", test.x[:SAMPLES], test.y[:SAMPLES])
    assert found == SAMPLES
