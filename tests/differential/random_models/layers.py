"""Convolutions and matrix products, in each form, and what may stand between them and their Q."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper

from .quantizing import (
    Array,
    as_floats,
    attached,
    bias,
    dequantize,
    near,
    quantize,
    quantizer,
    weight_scales,
    weight_zeros,
    weights,
    written,
)
from .sketch import MICROSOFT, Quantized, Sketch


def conv(sketch: Sketch, x: Quantized) -> Quantized:
    """Any convolution over one or two axes."""
    channels, *image = sketch.sample_shape(x)
    kernel = [sketch.number(1, min(3, size)) for size in image]
    attributes = placement(sketch, image, kernel)
    groups = sketch.choose(*(g for g in range(1, channels + 1) if channels % g == 0))
    outputs = groups * sketch.number(1, max(1, 6 // groups))
    attributes["group"] = groups
    shape = (outputs, channels // groups, *kernel)
    return _layer(sketch, x, "Conv", shape, outputs, attributes)


def placement(sketch: Sketch, image: list[int], kernel: list[int]) -> dict[str, Any]:
    """Strides, dilations and one way to pad."""
    found: dict[str, Any] = {"kernel_shape": kernel}
    if sketch.maybe():
        found["strides"] = [sketch.number(1, 3) for _ in kernel]
    if sketch.number(0, 3) == 0:
        found["dilations"] = [
            sketch.number(1, 2) if 2 * (k - 1) < size else 1
            for k, size in zip(kernel, image, strict=True)
        ]
    form = sketch.choose("none", "pads", "SAME_UPPER", "SAME_LOWER", "VALID")
    if form == "pads":
        found["pads"] = [sketch.number(0, k - 1) for k in kernel * 2]
    elif form != "none":
        found["auto_pad"] = form
    return found


def dense(sketch: Sketch, x: Quantized) -> Quantized:
    """Gemm of a vector; MatMul of one or several rows."""
    *rows, inputs = sketch.sample_shape(x)
    outputs = sketch.number(2, 12)
    if not rows and sketch.maybe():
        transposed = sketch.choose(0, 1)
        shape = (outputs, inputs) if transposed else (inputs, outputs)
        return _layer(sketch, x, "Gemm", shape, outputs, {"transB": transposed})
    return _layer(sketch, x, "MatMul", (inputs, outputs), outputs, {})


def _layer(
    sketch: Sketch,
    x: Quantized,
    op: str,
    shape: tuple[int, ...],
    outputs: int,
    attributes: dict[str, Any],
) -> Quantized:
    form = sketch.choose("operator", "operator", "integer") if not sketch.style.qdq else "qdq"
    if form == "qdq":
        result = accumulator(sketch, x, op, shape, outputs, attributes)
        return quantize(sketch, _activation(sketch, result))
    if form == "integer" and op != "Gemm":
        return _integer(sketch, x, op, shape, attributes)
    return _operator(sketch, x, op, shape, outputs, attributes)


def _axis(op: str, attributes: dict[str, Any]) -> int:
    """Where a weight's outputs lie."""
    return 0 if op == "Conv" or attributes.get("transB") else 1


def accumulator(
    sketch: Sketch,
    x: Quantized,
    op: str,
    shape: tuple[int, ...],
    outputs: int,
    attributes: dict[str, Any],
) -> str:
    """DequantizeLinear -> op -> [Add a bias], not yet quantized."""
    per_channel = outputs if sketch.number(0, 2) == 0 else 0
    scale, zero = weight_scales(sketch, per_channel), weight_zeros(sketch, per_channel)
    axis = {"axis": _axis(op, attributes)} if per_channel else {}
    array, kind = weights(sketch, shape), sketch.style.weights
    if sketch.style.opset >= 21 and sketch.number(0, 5) == 0:
        array, zero, kind = sketch.random.integers(-8, 8, shape), zero * 0, "int4"
    data = dequantize(sketch, x)
    quantizer_of = _four_bits(sketch, scale, zero, array) if kind == "int4" else None
    inputs = quantizer_of or [sketch.constant(array), *attached(sketch, scale, zero, kind)]
    terms = [data, sketch.node("DequantizeLinear", inputs, **axis)]
    added = None
    if sketch.maybe():
        joint = np.asarray(x.scale * scale, np.float32)
        zeros = np.zeros(joint.shape, np.int32)
        offset = [sketch.constant(bias(sketch, outputs)), *attached(sketch, joint, zeros, "int32")]
        added = sketch.node("DequantizeLinear", offset, **({"axis": 0} if per_channel else {}))
    if added and op != "MatMul":
        return sketch.node(op, [*terms, added], **attributes)
    product = sketch.node(op, terms, **attributes)
    return sketch.node("Add", [product, added]) if added else product


def _four_bits(sketch: Sketch, scale: Array, zero: Array, array: Array) -> list[str]:
    kind = helper.tensor_dtype_to_np_dtype(22)
    return [
        sketch.constant(array.astype(kind)),
        sketch.constant(scale, np.float32),
        sketch.constant(zero.astype(kind)),
    ]


def _activation(sketch: Sketch, name: str) -> str:
    form = sketch.choose("none", "none", "Relu", "Clip")
    if form == "Relu":
        return sketch.node("Relu", [name])
    if form == "Clip":
        bounds = [sketch.constant(v, np.float32) for v in (0.0, sketch.choose(6.0, 1.0))]
        return sketch.node("Clip", [name, *bounds])
    return name


def _floats(
    sketch: Sketch, x: Quantized, op: str, weight: Array, scale: Array, attributes: dict[str, Any]
) -> Array:
    """What the layer gives in floats: for its output's scale."""
    sketch.values["preview.x"] = as_floats(sketch, x)
    shape = [-1] + [1] * (weight.ndim - 1) if _axis(op, attributes) == 0 else [-1]
    sketch.constants["preview.w"] = weight * (scale.reshape(shape) if scale.ndim else scale)
    sketch.constants["preview.w"] = sketch.constants["preview.w"].astype(np.float32)
    node = helper.make_node(op, ["preview.x", "preview.w"], ["preview.y"], **attributes)
    found = sketch.preview(node)[0]
    del sketch.values["preview.x"], sketch.constants["preview.w"]
    return found


def _operator(
    sketch: Sketch,
    x: Quantized,
    op: str,
    shape: tuple[int, ...],
    outputs: int,
    attributes: dict[str, Any],
) -> Quantized:
    """QLinearConv, QLinearMatMul or QGemm."""
    per_channel = outputs if sketch.number(0, 2) == 0 else 0
    scale, zero = weight_scales(sketch, per_channel), weight_zeros(sketch, per_channel)
    array = weights(sketch, shape)
    centred = array.astype(np.int64) - zero.reshape(-1)[0]
    floats = _floats(sketch, x, op, centred, scale, attributes)
    out, out_zero, dtype = quantizer(sketch, floats)
    data = [x.name, *attached(sketch, x.scale, x.zero, x.dtype)]
    weight = [sketch.constant(array), *attached(sketch, scale, zero, str(array.dtype))]
    target = attached(sketch, out, out_zero, dtype)
    offset = [sketch.constant(bias(sketch, outputs))] if sketch.maybe() else []
    if op == "Conv":
        inputs = [*data, *weight, *target, *offset]
        name = sketch.node("QLinearConv", inputs, **attributes)
    elif op == "Gemm":
        inputs = [*data, *weight, *(offset or [""]), *target]
        name = sketch.node("QGemm", inputs, domain=MICROSOFT, **attributes)
    else:
        name = sketch.node("QLinearMatMul", [*data, *weight, *target])
    return written(sketch, name, out, out_zero)


def _integer(
    sketch: Sketch, x: Quantized, op: str, shape: tuple[int, ...], attributes: dict[str, Any]
) -> Quantized:
    """ConvInteger or MatMulInteger -> Cast -> Mul by the scales -> QuantizeLinear."""
    array = weights(sketch, shape)
    zero = int(weight_zeros(sketch, 0))
    zeros = [sketch.constant(x.zero, x.dtype), sketch.constant(zero, array.dtype)]
    inputs = [x.name, sketch.constant(array), *zeros]
    product = sketch.node(f"{op}Integer", inputs, **attributes)
    floats = sketch.node("Cast", [product], to=1)
    joint = sketch.constant(x.scale * near(sketch, 0.01), np.float32)
    return quantize(sketch, _activation(sketch, sketch.node("Mul", [floats, joint])))
