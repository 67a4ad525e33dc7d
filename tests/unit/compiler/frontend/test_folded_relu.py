"""A ReLU that the quantizer folded into a clamp is still a ReLU; a peer proves it away."""

from pathlib import Path

import numpy as np
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import lower
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.compiler.interpret import interpret, quantize


def test_negative_accumulators_become_zero_though_no_relu_node_is_left(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=(6, 5)), rng.normal(size=(5, 3))]
    biases = [rng.normal(size=5), rng.normal(size=3)]
    (tmp_path / "float.onnx").write_bytes(export_mlp(weights, biases))
    x = rng.uniform(-1, 1, (40, 6)).astype(np.float32)
    result = quantize_model(tmp_path / "float.onnx", x)
    assert b"Relu" not in result.model_bytes
    (tmp_path / "int8.onnx").write_bytes(result.model_bytes)

    read = import_model(tmp_path / "int8.onnx")
    widths = chosen_accumulators(read.graph, read.values, read.accumulator_bits)
    circuit = lower(read.graph, len(x), read.weight_bits or 8, widths)
    values = interpret(circuit.graph, quantize(x, read.graph.quantization), read.values)
    hidden = next(node for node in circuit.graph.nodes if node.op == "requantize_shift")
    before, after = values[hidden.inputs[0]], values[hidden.output.name]
    assert (before < 0).any()
    assert (after[before < 0] == 0).all()
    assert (after[before >= 0] >= 0).all()
