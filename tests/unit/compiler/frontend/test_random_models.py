"""Random small networks: any scales, zero points, types and depths."""

import itertools

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

scales = st.floats(2**-8, 0.5, width=32) | st.sampled_from([0.1, 0.02, 0.25, 0.3, 2**-7])


@st.composite
def networks(draw):
    """Widths, and for each layer its type of weights, scales, activation and zero point."""
    dtype = draw(st.sampled_from(["uint8", "int8"]))
    lowest = np.iinfo(dtype).min
    widths = draw(st.lists(st.integers(2, 20), min_size=2, max_size=4))
    zeros = st.integers(lowest, lowest + 255)
    layers = [
        {
            "kind": draw(st.sampled_from(["Gemm", "MatMul", "MatMul+Add"])),
            "weights": draw(st.sampled_from(["int8", "uint8"])),
            "scale": draw(
                st.lists(scales, min_size=outputs, max_size=outputs)
                if draw(st.booleans())
                else scales
            ),
            "shift": draw(st.integers(-5, 5)),
            "out": (draw(scales), draw(zeros)),
            "relu": draw(st.booleans()),
        }
        for outputs in widths[1:]
    ]
    first = (draw(scales), draw(zeros))
    return dtype, widths, first, layers, draw(st.booleans()), draw(st.integers(0, 2**32 - 1))


class Builder:
    """Nodes and initializers of one network."""

    def __init__(self, dtype, seed):
        self.dtype, self.random = dtype, np.random.default_rng(seed)
        self.nodes, self.arrays, self.names = [], {}, (f"t{i}" for i in itertools.count())

    def array(self, value, kind):
        name = next(self.names)
        self.arrays[name] = np.asarray(value, kind)
        return name

    def node(self, op, inputs, **attributes):
        output = next(self.names)
        name = f"{op}.{output}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def both(self, tensor, scale, zero):
        quantizer = [self.array(scale, np.float32), self.array(zero, self.dtype)]
        quantized = self.node("QuantizeLinear", [tensor, *quantizer])
        return self.node("DequantizeLinear", [quantized, *quantizer])

    def parameter(self, values, scale, zeros, kind, axis):
        quantizer = [self.array(scale, np.float32), self.array(zeros, kind)]
        return self.node("DequantizeLinear", [self.array(values, kind), *quantizer], axis=axis)

    def dense(self, current, shape, scale, layer):
        kind, weight_scale = layer["weights"], np.asarray(layer["scale"], np.float32)
        zeros = np.full(weight_scale.shape, layer["shift"] + (128 if kind == "uint8" else 0))
        raw = self.random.integers(-55, 55, shape) + zeros
        terms = [current, self.parameter(raw, weight_scale, zeros, kind, 1)]
        if layer["kind"] == "MatMul":
            return self.node("MatMul", terms)
        bias_scale = np.float32(scale) * weight_scale
        sums = self.random.integers(-999, 999, shape[1])
        bias = self.parameter(sums, bias_scale, np.zeros(bias_scale.shape), np.int32, 0)
        if layer["kind"] == "Gemm":
            return self.node("Gemm", [*terms, bias])
        return self.node("Add", [self.node("MatMul", terms), bias])


def build(save, path, network):
    dtype, widths, (scale, zero), layers, quantized_logits, seed = network
    b = Builder(dtype, seed)
    current = b.both("x", scale, zero)
    for i, layer in enumerate(layers):
        current = b.dense(current, (widths[i], widths[i + 1]), scale, layer)
        scale, zero = layer["out"]
        last = i == len(layers) - 1
        if layer["relu"] and not last:
            current, zero = b.node("Relu", [current]), np.iinfo(dtype).min
        if quantized_logits or not last:
            current = b.both(current, scale, zero)
    inputs = [("x", TensorProto.FLOAT, ["N", widths[0]])]
    save(path, b.nodes, b.arrays, inputs, [(current, TensorProto.FLOAT, ["N", widths[-1]])])


@settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(network=networks())
def test_import_and_lowering_agree_with_onnxruntime(network, save, lowered, tmp_path):
    path = tmp_path / "random.onnx"
    build(save, path, network)
    _, widths, (scale, _), _, _, seed = network
    random = np.random.default_rng(seed + 1)
    x = (random.integers(-300, 300, (150, widths[0])) * scale / 2).astype(np.float32)
    report = check_model(path, x)
    assert report.cause is Cause.NONE, str(report)
    before, after = lowered(path, x)
    assert np.array_equal(before, after)
