from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier


@dataclass(frozen=True)
class Digits:
    x: np.ndarray
    y: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]


@pytest.fixture(scope="session")
def digits():
    """The data set, and a 64-32-10 network trained on its first 1,200 samples."""
    x, y = load_digits(return_X_y=True)
    network = MLPClassifier((32,), max_iter=40, random_state=0, learning_rate_init=5e-3, tol=0.0)
    with pytest.warns(match="iterations"):
        network.fit(x[:1200], y[:1200])
    return Digits(
        x.astype(np.float32),
        y.astype(np.int64),
        tuple(w.astype(np.float32) for w in network.coefs_),
        tuple(b.astype(np.float32) for b in network.intercepts_),
    )


def save(path: Path, nodes, arrays, shape, classes=10, opset=13, result=None) -> Path:
    """Writes a float model; its output is the last node's unless ``result`` gives another type."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [
            result
            or helper.make_tensor_value_info(
                nodes[-1].output[0], TensorProto.FLOAT, [shape[0], classes]
            )
        ],
        [numpy_helper.from_array(np.ascontiguousarray(a), name) for name, a in arrays.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    proto.ir_version = 8
    onnx.save(proto, str(path))
    return path


@pytest.fixture(scope="session")
def save_model():
    return save


@pytest.fixture(scope="session")
def export(digits):
    """Writes the digits network in one of the forms that exporters use."""

    def gemm(path, batch="N", shape=(64,), trans=1):
        flat = helper.make_node("Flatten", ["x"], ["flat"], name="flatten")
        head, data = ([flat], "flat") if len(shape) > 1 else ([], "x")
        nodes = [
            *head,
            helper.make_node("Gemm", [data, "fc1.w", "fc1.b"], ["h"], name="fc1", transB=trans),
            helper.make_node("Relu", ["h"], ["a"], name="relu"),
            helper.make_node("Gemm", ["a", "fc2.w", "fc2.b"], ["z"], name="fc2", transB=trans),
        ]
        weights = [w.T if trans else w for w in digits.weights]
        arrays = {"fc1.w": weights[0], "fc2.w": weights[1]}
        arrays |= {"fc1.b": digits.biases[0], "fc2.b": digits.biases[1]}
        return save(path, nodes, arrays, [batch, *shape])

    def matmul(path, batch="N", shape=(64,)):
        nodes = [
            helper.make_node("Reshape", ["x", "to"], ["flat"], name="reshape"),
            helper.make_node("MatMul", ["flat", "w1"], ["m1"], name="mm1"),
            helper.make_node("Add", ["b1", "m1"], ["s1"], name="add1"),
            helper.make_node("Relu", ["s1"], ["a1"], name="relu"),
            helper.make_node("Dropout", ["a1"], ["d1"], name="dropout"),
            helper.make_node("MatMul", ["d1", "w2"], ["m2"], name="mm2"),
            helper.make_node("Add", ["m2", "b2"], ["z"], name="add2"),
            helper.make_node("Softmax", ["z"], ["p"], name="softmax", axis=1),
        ]
        arrays = {"w1": digits.weights[0], "w2": digits.weights[1]}
        arrays |= {"b1": digits.biases[0], "b2": digits.biases[1]}
        return save(path, nodes, {**arrays, "to": np.array([-1, 64])}, [batch, *shape])

    forms = {"gemm": gemm, "matmul": matmul}
    return lambda form, path, **options: forms[form](path, **options)
