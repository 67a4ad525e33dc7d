"""A published task's architecture, as `zkpot quantize` writes it: all scales, no weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import onnx
from onnx import numpy_helper
from zkpot.compiler.calibrate import Scales
from zkpot.compiler.errors import InputError
from zkpot.compiler.quantize import FloatLayer, Grid, IntegerLayer

from . import onnx_file
from .float_model import FloatModel
from .onnx_file import Array, describe
from .qdq_writer import ACCUMULATOR_BITS, WEIGHT_BITS


@dataclass(frozen=True)
class TaskLayer:
    """One Gemm: the initializers that hold its parameters, its shape [K, N], and its scales."""

    name: str
    weight: str
    bias: str
    shape: tuple[int, ...]
    input: Grid
    weight_exponent: int
    accumulator_bits: int


@dataclass(frozen=True)
class Task:
    """What a contributor's model has to look like."""

    proto: onnx.ModelProto
    shape: tuple[int, ...]
    symbolic: bool
    weight_bits: int
    layers: tuple[TaskLayer, ...]

    @property
    def scales(self) -> Scales:
        """All the task's scales."""
        return Scales(
            self.layers[0].input,
            tuple(layer.weight_exponent for layer in self.layers),
            tuple(layer.input for layer in self.layers[1:]),
        )

    def require(self, model: FloatModel) -> None:
        """Raises InputError, naming the layer, where ``model`` has another architecture."""
        if model.shape != self.shape:
            _mismatch("the input", f"samples of shape {self.shape}", f"shape {model.shape}")
        if len(model.layers) != len(self.layers):
            _mismatch("the model", f"{len(self.layers)} dense layers", str(len(model.layers)))
        last = len(self.layers) - 1
        for i, (own, layer) in enumerate(zip(model.layers, self.layers, strict=True)):
            if own.weight.shape != layer.shape:
                _mismatch(
                    _both(own, layer), f"weights of shape {layer.shape}", str(own.weight.shape)
                )
            rectified = i < last and self.layers[i + 1].input.zero_point == 0
            if i < last and rectified == own.linear:
                kinds = ("a Relu or Clip after it", "nothing after it")
                _mismatch(_both(own, layer), *(kinds if rectified else reversed(kinds)))

    def fill(self, integers: Sequence[IntegerLayer]) -> bytes:
        """The task's ONNX model with these parameters; nothing else in it changes."""
        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        values: dict[str, Array] = {}
        for layer, integer in zip(self.layers, integers, strict=True):
            values[layer.weight] = integer.weight.astype(np.int8)
            values[layer.bias] = integer.bias.astype(np.int32)
        for tensor in proto.graph.initializer:
            if tensor.name in values:
                tensor.CopyFrom(numpy_helper.from_array(values[tensor.name], tensor.name))
        return onnx_file.serialized(proto)


def _both(own: FloatLayer, layer: TaskLayer) -> str:
    return f"layer {own.name!r} (the task's {layer.name!r})"


def _mismatch(where: str, task: str, own: str) -> NoReturn:
    raise InputError(
        f"{where} doesn't match the task",
        why=f"the task has {task}, the float model {own}",
        remedy="train a model of exactly the task's architecture",
    )


def _not_a_task(why: str) -> NoReturn:
    raise InputError(
        "the architecture can't be taken as a pattern",
        why=why,
        remedy="give the architecture.onnx of a task whose model `zkpot quantize` wrote",
    )


def read_task(path: Path) -> Task:
    """The task in ``path``; InputError where it isn't what `zkpot quantize` writes."""
    proto = onnx_file.load(path)
    props = {entry.key: entry.value for entry in proto.metadata_props}
    try:
        weight_bits = int(props[WEIGHT_BITS])
        widths = {str(k): int(v) for k, v in json.loads(props[ACCUMULATOR_BITS]).items()}
    except (KeyError, ValueError, AttributeError, TypeError):
        _not_a_task(f"its metadata lack {WEIGHT_BITS} or {ACCUMULATOR_BITS}")
    reader = _Reader(proto.graph)
    gemms = [node for node in proto.graph.node if node.op_type == "Gemm"]
    if not gemms or any(node.name not in widths for node in gemms):
        _not_a_task(f"its Gemm nodes aren't those that {ACCUMULATOR_BITS} names")
    dims = proto.graph.input[0].type.tensor_type.shape.dim
    return Task(
        proto,
        tuple(d.dim_value for d in dims[1:]),
        not dims[0].HasField("dim_value"),
        weight_bits,
        tuple(reader.layer(node, widths[node.name]) for node in gemms),
    )


class _Reader:
    """Looks up what a Gemm's inputs are dequantized from."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.arrays = {tensor.name: onnx_file.array(tensor) for tensor in graph.initializer}
        self.producers = {name: node for node in graph.node for name in node.output}

    def layer(self, gemm: onnx.NodeProto, width: int) -> TaskLayer:
        if len(gemm.input) != 3:
            _not_a_task(f"{describe(gemm)} has no bias")
        _, data_exponent, zero_point = self._dequantized(gemm, 0)
        weight, weight_exponent, weight_zero = self._dequantized(gemm, 1)
        bias, bias_exponent, bias_zero = self._dequantized(gemm, 2)
        if weight_zero or bias_zero or bias_exponent != data_exponent + weight_exponent:
            _not_a_task(f"{describe(gemm)} has parameters with other scales or zero points")
        if weight not in self.arrays or bias not in self.arrays or gemm.attribute:
            _not_a_task(f"{describe(gemm)} has parameters that aren't initializers as they stand")
        grid = Grid(data_exponent, zero_point)
        shape = self.arrays[weight].shape
        return TaskLayer(gemm.name, weight, bias, shape, grid, weight_exponent, width)

    def _dequantized(self, gemm: onnx.NodeProto, position: int) -> tuple[str, int, int]:
        """Name, exponent of the scale, and zero point of what input ``position`` comes from."""
        node = self.producers.get(gemm.input[position])
        if node is None or node.op_type != "DequantizeLinear" or len(node.input) != 3:
            _not_a_task(f"input {position} of {describe(gemm)} is not dequantized")
        scale, zero = (self.arrays.get(name) for name in node.input[1:])
        if scale is None or zero is None or scale.size != 1 or zero.size != 1:
            _not_a_task(f"{describe(node)} has no constant scale and zero point per tensor")
        mantissa, exponent = np.frexp(float(scale))
        if mantissa != 0.5:
            _not_a_task(f"the scale {float(scale)} of {describe(node)} is not a power of two")
        return node.input[0], 1 - int(exponent), int(zero)
