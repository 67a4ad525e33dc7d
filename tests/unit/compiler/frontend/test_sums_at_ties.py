"""Sums at any scales and zero points: equal to onnxruntime's kernels on every pair of bytes."""

import numpy as np
import pytest
from handmade.builder import INPUTS, Builder
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

SCALES = [(0.09, 0.37, 0.41), (0.1, 0.2, 0.3), (0.3, 0.1, 0.4), (0.77, 0.05, 0.22)]


@pytest.mark.parametrize("scales", SCALES, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("act", [None, "Relu"])
@pytest.mark.parametrize("form", ["QDQ", "QLinearAdd"])
def test_data_plus_every_constant(path, save, scales, dtype, act, form):
    limits = np.iinfo(dtype)
    zeros = [int(z) for z in np.random.default_rng(4).integers(limits.min, limits.max + 1, 3)]
    b = Builder()
    data, other, out = (b.quantizer(s, z, dtype) for s, z in zip(scales, zeros, strict=True))
    row = b.array(np.arange(limits.min, limits.max + 1), dtype)
    quantized = b.quantize("x", data)
    if form == "QDQ":
        total = b.node("Add", [b.dequantize(quantized, data), b.dequantize(row, other)])
        total = total if act is None else b.node(act, [total])
        output = b.both(total, out)
    else:
        total = [quantized, *data, row, *other, *out]
        output = b.dequantize(b.node("QLinearAdd", total, domain="com.microsoft"), out)
    b.save(save, path, output, shape=["N", 256])
    steps = np.arange(limits.min, limits.max + 1) - zeros[0]
    x = np.repeat((steps * np.float32(scales[0])).astype(np.float32)[:, None], 256, axis=1)
    report = check_model(path, x)
    assert report.cause is Cause.NONE, str(report)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("scales", SCALES, ids=str)
def test_two_tensors(path, save, scales, dtype):
    """The data by way of two layers, so that both terms are activations."""
    low = np.iinfo(dtype).min
    zeros = [low + 77, low + 131, low + 200]
    b = Builder()
    x = b.both("x", b.quantizer(0.5, 128, "uint8"))
    a = b.both(
        b.node("MatMul", [x, b.weight((INPUTS, 9), 0.01)]), b.quantizer(scales[0], zeros[0], dtype)
    )
    c = b.both(
        b.node("MatMul", [x, b.weight((INPUTS, 9), 0.02)]), b.quantizer(scales[1], zeros[1], dtype)
    )
    output = b.both(b.node("Add", [a, c]), b.quantizer(scales[2], zeros[2], dtype))
    b.save(save, path, output)
    data = np.random.default_rng(1).integers(-128, 128, (4000, INPUTS)) * np.float32(0.5)
    report = check_model(path, data.astype(np.float32))
    assert report.cause is Cause.NONE, str(report)
    assert import_model(path).graph.nodes[-1].attrs["fused"]
