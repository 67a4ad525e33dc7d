"""Writes an integer model as standard QDQ ONNX: what onnxruntime's own quantizer would write.

Relu is folded into the uint8 grid of zero point 0 that follows; the last Gemm's float output is
the model's output, so that the logits are the integer accumulators times one power of two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.quantize import FloatLayer, Grid, IntegerLayer

from . import onnx_file
from .float_model import FloatModel
from .onnx_file import Array

OPSET = 17
IR_VERSION = 8
WEIGHT_BITS = "zkpot.weight_bits"
ACCUMULATOR_BITS = "zkpot.accumulator_bits"


@dataclass(frozen=True)
class Fragment:
    """Nodes and the initializers that they read; ``output`` is the tensor to go on with."""

    nodes: tuple[onnx.NodeProto, ...]
    initializers: tuple[onnx.TensorProto, ...]
    output: str


def write_qdq(
    model: FloatModel,
    integers: Sequence[IntegerLayer],
    *,
    weight_bits: int,
    accumulator_bits: Sequence[int],
) -> bytes:
    """The serialized ONNX model; the same bytes for the same arguments."""
    fragments = list(_fragments(model, integers))
    graph = helper.make_graph(
        [node for fragment in fragments for node in fragment.nodes],
        model.proto.graph.name or "quantized",
        [helper.make_tensor_value_info(model.input_name, TensorProto.FLOAT, _dims(model))],
        [
            helper.make_tensor_value_info(
                fragments[-1].output, TensorProto.FLOAT, [model.batch, model.classes]
            )
        ],
        [tensor for fragment in fragments for tensor in fragment.initializers],
    )
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="zkpot"
    )
    proto.ir_version = IR_VERSION
    names = [layer.name for layer in model.layers]
    bits = json.dumps(dict(zip(names, accumulator_bits, strict=True)))
    helper.set_model_props(proto, {WEIGHT_BITS: str(weight_bits), ACCUMULATOR_BITS: bits})
    onnx.checker.check_model(proto, full_check=True)
    return onnx_file.serialized(proto)


def _dims(model: FloatModel) -> list[int | str]:
    return [model.batch, *model.shape]


def _fragments(model: FloatModel, integers: Sequence[IntegerLayer]) -> Iterator[Fragment]:
    tensor = model.input_name
    data = _activation(tensor, integers[0].input)
    yield data
    tensor = data.output
    if model.reshaped is not None:
        yield (flat := _flattened(tensor, model.reshaped, model.input_name))
        yield (data := _activation(flat.output, integers[0].input))
        tensor = data.output
    for layer, integer in zip(model.layers, integers, strict=True):
        yield _dense(tensor, layer, integer)
        tensor = layer.output_name
        if integer.output is not None:
            yield (fragment := _activation(tensor, integer.output))
            tensor = fragment.output


def _flattened(tensor: str, name: str, data: str) -> Fragment:
    output = f"{data}_flat"
    node = helper.make_node("Flatten", [tensor], [output], name=name, axis=1)
    return Fragment((node,), (), output)


def _constant(name: str, values: Array | np.generic) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values), name)


def power_of_two(exponent: int) -> np.float32:
    """The scale 2^-exponent."""
    return np.float32(np.ldexp(1.0, -exponent))


def _activation(tensor: str, grid: Grid) -> Fragment:
    """``tensor`` through uint8 and back."""
    scale, zero = f"{tensor}_scale", f"{tensor}_zero_point"
    quantized, output = f"{tensor}_quantized", f"{tensor}_dequantized"
    nodes = (
        helper.make_node(
            "QuantizeLinear", [tensor, scale, zero], [quantized], name=f"{tensor}_QuantizeLinear"
        ),
        helper.make_node(
            "DequantizeLinear",
            [quantized, scale, zero],
            [output],
            name=f"{tensor}_DequantizeLinear",
        ),
    )
    constants = (
        _constant(scale, power_of_two(grid.exponent)),
        _constant(zero, np.uint8(grid.zero_point)),
    )
    return Fragment(nodes, constants, output)


def _parameter(name: str, values: Array, exponent: int) -> Fragment:
    """Integers of zero point 0, dequantized."""
    integers, scale, zero = (f"{name}_{part}" for part in ("quantized", "scale", "zero_point"))
    output = f"{name}_dequantized"
    node = helper.make_node(
        "DequantizeLinear", [integers, scale, zero], [output], name=f"{name}_DequantizeLinear"
    )
    constants = (
        _constant(integers, values),
        _constant(scale, power_of_two(exponent)),
        _constant(zero, np.zeros((), values.dtype)),
    )
    return Fragment((node,), constants, output)


def _dense(tensor: str, layer: FloatLayer, integer: IntegerLayer) -> Fragment:
    weight = _parameter(layer.weight_name, integer.weight.astype(np.int8), integer.weight_exponent)
    bias = _parameter(layer.bias_name, integer.bias.astype(np.int32), integer.accumulator_exponent)
    gemm = helper.make_node(
        "Gemm", [tensor, weight.output, bias.output], [layer.output_name], name=layer.name
    )
    return Fragment(
        (*weight.nodes, *bias.nodes, gemm),
        weight.initializers + bias.initializers,
        layer.output_name,
    )
