"""Random small networks: any scales, zero points, types and depths."""

import numpy as np
from handmade.builder import Builder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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


def dense(b, current, shape, scale, layer):
    kind, weight_scale = layer["weights"], np.asarray(layer["scale"], np.float32)
    zeros = np.full(weight_scale.shape, layer["shift"] + (128 if kind == "uint8" else 0))
    terms = [current, b.weight(shape, weight_scale, zeros, kind)]
    if layer["kind"] == "MatMul":
        return b.node("MatMul", terms)
    bias = b.bias(shape[1], np.float32(scale) * weight_scale)
    if layer["kind"] == "Gemm":
        return b.node("Gemm", [*terms, bias])
    return b.node("Add", [b.node("MatMul", terms), bias])


def build(save, path, network):
    dtype, widths, (scale, zero), layers, quantized_logits, seed = network
    b = Builder(seed)
    current = b.both("x", b.quantizer(scale, zero, dtype))
    for i, layer in enumerate(layers):
        current = dense(b, current, (widths[i], widths[i + 1]), scale, layer)
        scale, zero = layer["out"]
        last = i == len(layers) - 1
        if layer["relu"] and not last:
            current, zero = b.node("Relu", [current]), np.iinfo(dtype).min
        if quantized_logits or not last:
            current = b.both(current, b.quantizer(scale, zero, dtype))
    b.save(save, path, current, shape=["N", widths[0]])


@settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(network=networks())
def test_import_and_lowering_agree_with_onnxruntime(network, save, lowered, path):
    build(save, path, network)
    _, widths, (scale, _), _, _, seed = network
    random = np.random.default_rng(seed + 1)
    x = (random.integers(-300, 300, (150, widths[0])) * scale / 2).astype(np.float32)
    report = check_model(path, x)
    assert report.cause is Cause.NONE, str(report)
    before, after = lowered(path, x)
    assert np.array_equal(before, after)
