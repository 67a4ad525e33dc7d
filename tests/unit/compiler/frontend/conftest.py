import itertools
import json
import logging
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import lower
from zkpot.compiler.frontend import import_model
from zkpot.compiler.interpret import interpret, quantize
from zkpot.compiler.record import from_record

sys.path.insert(0, str(Path(__file__).parent))  # for `handmade`

TEST = 597


@dataclass(frozen=True)
class Digits:
    """``x`` is the test split; a 64-32-10 network trained on the rest."""

    x: np.ndarray
    train: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]


@pytest.fixture(scope="session")
def digits():
    x, y = load_digits(return_X_y=True)
    x = x.astype(np.float32)
    network = MLPClassifier((32,), max_iter=40, random_state=0, learning_rate_init=5e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x[:-TEST], y[:-TEST])
    weights = tuple(w.astype(np.float32) for w in network.coefs_)
    biases = tuple(b.astype(np.float32) for b in network.intercepts_)
    return Digits(x[-TEST:], x[:-TEST], weights, biases)


def write(path, nodes, arrays, inputs, outputs, opset=17):
    """Saves a model; ``inputs`` and ``outputs`` are (name, element type, shape)."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(*i) for i in inputs],
        [helper.make_tensor_value_info(*o) for o in outputs],
        [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()],
    )
    domains = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    proto = helper.make_model(graph, opset_imports=domains)
    proto.ir_version = 10
    onnx.save(proto, str(path))
    return path


@pytest.fixture(scope="session")
def save():
    return write


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


def float_mlp(digits, path, kind, batch, front, activation, head, opset):
    nodes, arrays, current, shape = [], {}, "x", [batch, 64]
    if front is not None:
        shape, current = [batch, 1, 8, 8], "flat"
        if front == "Flatten":
            nodes.append(helper.make_node("Flatten", ["x"], ["flat"], name="flatten"))
        else:
            arrays["target"] = np.array([-1, 64])
            nodes.append(helper.make_node("Reshape", ["x", "target"], ["flat"], name="reshape"))
    for i, (weight, bias) in enumerate(zip(digits.weights, digits.biases, strict=True)):
        arrays[f"b{i}"], arrays[f"w{i}"] = bias, weight
        if kind == "gemm":
            arrays[f"w{i}"] = np.ascontiguousarray(weight.T)
            inputs = [current, f"w{i}", f"b{i}"]
            nodes.append(helper.make_node("Gemm", inputs, [f"h{i}"], name=f"fc{i}", transB=1))
        else:
            nodes.append(helper.make_node("MatMul", [current, f"w{i}"], [f"m{i}"], name=f"mm{i}"))
            nodes.append(helper.make_node("Add", [f"m{i}", f"b{i}"], [f"h{i}"], name=f"add{i}"))
        current = f"h{i}"
        if i == 0:
            more, attributes = [], {}
            if activation == "Clip":
                arrays |= {"zero": np.float32(0), "six": np.float32(6)}
                more = ["zero", "six"]
            nodes.append(helper.make_node(activation, [current, *more], ["a0"], name="activation"))
            current = "a0"
    output = (current, TensorProto.FLOAT, [batch, 10])
    if head is not None:
        attributes = {"axis": 1, "keepdims": 0} if head == "ArgMax" else {"axis": -1}
        nodes.append(helper.make_node(head, [current], ["out"], name="head", **attributes))
        kinds = {"ArgMax": (TensorProto.INT64, [batch])}
        output = ("out", *kinds.get(head, (TensorProto.FLOAT, [batch, 10])))
    return write(path, nodes, arrays, [("x", TensorProto.FLOAT, shape)], [output], opset)


class Calibration(CalibrationDataReader):
    def __init__(self, batches):
        self.batches = iter([{"x": b} for b in batches])

    def get_next(self):
        return next(self.batches, None)


@pytest.fixture(scope="session")
def float_model(digits, tmp_path_factory):
    """Writes the digits network as floats."""
    folder, count = tmp_path_factory.mktemp("float"), itertools.count()

    def make(kind="gemm", *, batch="N", front=None, activation="Relu", head=None, opset=17):
        path = folder / f"{next(count)}.onnx"
        return float_mlp(digits, path, kind, batch, front, activation, head, opset)

    return make


@pytest.fixture(scope="session")
def quantized(digits, float_model, tmp_path_factory):
    """quantize_static of the digits network: ``network`` goes to float_model."""
    folder, count = tmp_path_factory.mktemp("int8"), itertools.count()

    def make(
        style="QDQ",
        *,
        per_channel=False,
        activations="QUInt8",
        weights="QInt8",
        reduce_range=False,
        exclude=(),
        options=None,
        **network,
    ):
        source = float_model(**network)
        shape = (64,) if network.get("front") is None else (1, 8, 8)
        x = digits.train[:64].reshape(-1, *shape)
        batches = x[:, None] if network.get("batch") == 1 else [x]
        path = folder / f"{next(count)}.onnx"
        logging.disable(logging.WARNING)
        quantize_static(
            str(source),
            str(path),
            Calibration(batches),
            quant_format=QuantFormat[style],
            per_channel=per_channel,
            activation_type=QuantType[activations],
            weight_type=QuantType[weights],
            reduce_range=reduce_range,
            nodes_to_exclude=list(exclude),
            extra_options=options or {},
        )
        logging.disable(logging.NOTSET)
        return path

    return make


@pytest.fixture(scope="session")
def lowered():
    """The logits of the imported graph and of the lowered one, on all samples."""

    def run(path, x, samples=3):
        model = import_model(path)
        data = quantize(x.reshape(len(x), -1), model.graph.quantization)
        room = chosen_accumulators(model.graph, model.values, model.accumulator_bits)
        circuit = lower(model.graph, samples, model.weight_bits or 8, room)
        assert from_record(json.loads(json.dumps(circuit.to_json()))) == circuit
        before = interpret(model.graph, data, model.values)[model.graph.output]
        after = interpret(circuit.graph, data, model.values)[circuit.evaluation.inputs[0]]
        return before, after

    return run
