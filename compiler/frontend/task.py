"""A published task's architecture, as `zkpot quantize` writes it: all scales, no weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import onnx
from onnx import numpy_helper
from zkpot.compiler.clips import absorb_clips, clip_exponents
from zkpot.compiler.errors import InputError
from zkpot.compiler.float_graph import FloatGraph, FloatNode
from zkpot.compiler.float_nodes import Linear, Movement, Product, Sum, Unary
from zkpot.compiler.integer_graph import IntegerGraph, Scales, logits
from zkpot.compiler.quantize import Grid, IntegerLayer

from . import onnx_file
from .float_model import FloatModel, read_float
from .onnx_file import Array
from .qdq_writer import ACCUMULATOR_BITS, WEIGHT_BITS
from .task_file import Parameter, not_a_task, unquantized


@dataclass(frozen=True)
class TaskLayer:
    """One linear layer: the initializers that hold its parameters, and its scales."""

    name: str
    weight: Parameter
    bias: Parameter
    accumulator_bits: int


@dataclass(frozen=True)
class Task:
    """What a contributor's model has to look like. ``layers``: by the tensors they put out."""

    proto: onnx.ModelProto
    graph: FloatGraph
    grids: Mapping[str, Grid]
    symbolic: bool
    weight_bits: int
    layers: Mapping[str, TaskLayer]

    def round(self, model: FloatModel) -> IntegerGraph:
        """``model`` on the task's scales, its clips absorbed.

        Raises InputError, naming the layer, where it has another architecture.
        """
        if model.graph.shape != self.graph.shape:
            theirs = f"samples of shape {self.graph.shape}"
            _mismatch("the input", theirs, f"shape {model.graph.shape}")
        pairs = self._pairs(model.graph)
        tensors = {own.output: theirs.output for own, theirs in pairs}
        tensors[model.graph.input] = self.graph.input
        grids = {
            group: self.grids[tensors[name]]
            for name, group in model.graph.groups.items()
            if name in tensors and tensors[name] in self.grids
        }
        absorbed = absorb_clips(
            model.graph, {group: grids[group].exponent for group in clip_exponents(model.graph)}
        )
        weights = {
            own.output: self.layers[theirs.output].weight.exponents
            for own, theirs in pairs
            if isinstance(own, Linear)
        }
        rounded = IntegerGraph(absorbed, Scales(grids, weights), self.weight_bits)
        for node, other in pairs:
            self._require_same(rounded, absorbed.producers[node.output], other)
        return rounded

    def _pairs(self, graph: FloatGraph) -> list[tuple[FloatNode, FloatNode]]:
        """The model's nodes and the task's, in order; reshapes are all the same."""
        own, theirs = list(_moving(graph)), list(_moving(self.graph))
        same = {graph.input: self.graph.input}
        for one, other in zip(own, theirs, strict=False):
            if one.signature() != other.signature():
                _mismatch(_both(one, other), _described(other), _described(one))
            inputs = [_unmoved(graph, name) for name in one.inputs]
            if [same.get(name) for name in inputs] != [
                _unmoved(self.graph, name) for name in other.inputs
            ]:
                _mismatch(_both(one, other), "other inputs here", "these")
            same[one.output] = other.output
        if len(own) != len(theirs):
            _mismatch("the model", f"{len(theirs)} nodes", str(len(own)))
        return list(zip(own, theirs, strict=True))

    def _require_same(self, model: IntegerGraph, own: FloatNode, theirs: FloatNode) -> None:
        """The same bounds, and the same function."""
        grid = self.grids.get(theirs.output)
        if grid is None:
            return
        if isinstance(own, Unary) and isinstance(theirs, Unary):
            source = model.quantized(own.inputs[0])
            if not np.array_equal(own.table(source, grid), theirs.table(source, grid)):
                _mismatch(_both(own, theirs), "another function", "this one")
            return
        if isinstance(own, Linear | Sum | Product):
            rectified = grid.zero_point == 0 or theirs.lo == 0
            if (own.lo == 0) != rectified:
                kinds = ("a Relu or Clip after it", "nothing after it")
                first, second = kinds if rectified else kinds[::-1]
                _mismatch(_both(own, theirs), first, second)
            if own.hi != theirs.hi or (own.lo != theirs.lo and not rectified):
                bounds = (f"bounds {theirs.lo} and {theirs.hi}", f"{own.lo} and {own.hi}")
                _mismatch(_both(own, theirs), *bounds)

    def fill(self, integers: Sequence[IntegerLayer]) -> bytes:
        """The task's ONNX model with these parameters; nothing else in it changes."""
        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        values: dict[str, Array] = {}
        for layer, integer in zip(self.layers.values(), integers, strict=True):
            values[layer.weight.name] = integer.weight.astype(np.int8)
            values[layer.bias.name] = integer.bias.astype(np.int32)
        for tensor in proto.graph.initializer:
            if tensor.name in values:
                shaped = _shaped(values[tensor.name], tuple(tensor.dims))
                tensor.CopyFrom(numpy_helper.from_array(shaped, tensor.name))
        return onnx_file.serialized(proto)


def _shaped(values: Array, shape: tuple[int, ...]) -> Array:
    """Weights [K, M] as a convolution's tensor has them."""
    return np.ascontiguousarray(values if len(shape) < 3 else values.T.reshape(shape))


def _moving(graph: FloatGraph) -> Iterator[FloatNode]:
    for node in graph.nodes:
        if not (isinstance(node, Movement) and node.identity):
            yield node


def _unmoved(graph: FloatGraph, tensor: str) -> str:
    """What ``tensor`` is a reshaped form of."""
    node = graph.producers.get(tensor)
    while isinstance(node, Movement) and node.identity:
        tensor = node.inputs[0]
        node = graph.producers.get(tensor)
    return tensor


def _both(own: FloatNode, theirs: FloatNode) -> str:
    return f"layer {own.name!r} (the task's {theirs.name!r})"


def _described(node: FloatNode) -> str:
    """Kind and shapes, for messages."""
    if isinstance(node, Linear):
        kind = "dense" if node.window is None else "a convolution"
        return f"weights of shape {node.weight.shape} ({kind}, outputs of shape {node.shape})"
    return f"{type(node).__name__} with outputs of shape {node.shape}"


def _mismatch(where: str, task: str, own: str) -> NoReturn:
    raise InputError(
        f"{where} doesn't match the task",
        why=f"the task has {task}, the float model {own}",
        remedy="train a model of exactly the task's architecture",
    )


def read_task(path: Path) -> Task:
    """The task in ``path``; InputError where it isn't what `zkpot quantize` writes."""
    proto = onnx_file.load(path)
    props = {entry.key: entry.value for entry in proto.metadata_props}
    try:
        weight_bits = int(props[WEIGHT_BITS])
        widths = {str(k): int(v) for k, v in json.loads(props[ACCUMULATOR_BITS]).items()}
    except (LookupError, ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        not_a_task(f"its metadata lack {WEIGHT_BITS} or {ACCUMULATOR_BITS}")
    found = unquantized(proto)
    model = read_float(found.proto, repr(str(path)))
    layers = {}
    for node in model.graph.nodes:
        if isinstance(node, Linear):
            layers[node.output] = _layer(node, widths, found.parameters)
    _require_grids(model.graph, found.grids)
    return Task(proto, model.graph, found.grids, model.batch != 1, weight_bits, layers)


def _layer(
    node: Linear, widths: Mapping[str, int], parameters: Mapping[str, Parameter]
) -> TaskLayer:
    if node.name not in widths:
        not_a_task(f"{ACCUMULATOR_BITS} doesn't name {node.name!r}")
    if node.weight_name not in parameters or node.bias_name not in parameters:
        not_a_task(f"the parameters of {node.name!r} aren't quantized")
    weight, bias = parameters[node.weight_name], parameters[node.bias_name]
    return TaskLayer(node.name, weight, bias, widths[node.name])


def _require_grids(graph: FloatGraph, grids: Mapping[str, Grid]) -> None:
    last = logits(graph)
    free = None if last is None else graph.groups[last.output]
    for tensor, group in graph.groups.items():
        if tensor not in grids and group != free:
            not_a_task(f"its tensor {tensor!r} isn't quantized")
