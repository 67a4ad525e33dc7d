"""Reads a float ONNX model: its nodes as a `FloatGraph`, constants folded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.float_graph import FloatGraph, FloatNode
from zkpot.compiler.float_nodes import Linear
from zkpot.compiler.integer_graph import logits

from . import onnx_file
from .float_affine import fold_affines
from .float_ops import READERS
from .float_reading import FloatReading, Reader, aliases, live, reads, refused
from .float_trace import trace
from .onnx_file import describe
from .snippet import OPSET

SUPPORTED = ", ".join(sorted(READERS))
QUANTIZED = ("Quantize", "Dequantize", "DynamicQuantize", "QLinear", "QGemm", "QAttention")
AFTER_THE_END = ("ArgMax", "Dropout", "Identity", "LogSoftmax", "Softmax")


@dataclass(frozen=True)
class FloatModel:
    """A float classifier.

    ``batch``: 1 or a symbol's name. ``classes``: how many logits it has. ``puts_out_classes``:
    whether the model's own output is class numbers rather than a row of scores. ``opset``: of the
    nodes that are kept as they are.
    """

    proto: onnx.ModelProto
    graph: FloatGraph
    batch: int | str
    classes: int
    puts_out_classes: bool
    opset: int
    warnings: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return self.graph.shape


def read_float_model(path: Path) -> FloatModel:
    """The float model in ``path``; InputError where zkpot can't quantize it."""
    proto = onnx_file.load(path)
    _refuse_quantized(proto)
    return read_float(proto, repr(str(path)))


def read_float(proto: onnx.ModelProto, what: str) -> FloatModel:
    """The float model ``proto``; ``what`` names it in messages."""
    data = _single_input(proto)
    batch, shape = _input_shape(data)
    reading = _read(proto, data.name, shape, batch != 1)
    output = reading.name(proto.graph.output[0].name)
    graph = FloatGraph(data.name, shape, tuple(reading.nodes.values()), output)
    graph = _named(_pruned(fold_affines(_pruned(graph))))
    if not any(isinstance(node, Linear) for node in graph.nodes):
        raise _no_classifier(what)
    classes = math.prod(reading.shape(output))
    if classes < 2:
        raise _no_classifier(what)
    warnings = [*reading.warnings, *_bounds_left_out(graph)]
    opset = max(reading.opset, OPSET)
    ended = reading.ended == "ArgMax"
    return FloatModel(proto, graph, batch, classes, ended, opset, tuple(warnings))


def _no_classifier(what: str) -> InputError:
    return InputError(
        f"{what} is not a classifier",
        why="it needs a Gemm, MatMul or Conv that leads to two or more logits",
        remedy="give every class an output of its own",
    )


def _bounds_left_out(graph: FloatGraph) -> Iterator[str]:
    last = logits(graph)
    if last is not None and not last.linear:
        yield (
            f"the bounds (Relu, Clip) on {last.output!r} are left out: "
            "after the last layer they only make ties"
        )


def _refuse_quantized(proto: onnx.ModelProto) -> None:
    for node in proto.graph.node:
        if node.op_type.startswith(QUANTIZED) or node.op_type.endswith("Integer"):
            raise InputError(
                "the model is quantized already",
                why=f"it contains {describe(node)}",
                remedy="pass it to `zkpot compile` as it is, or quantize the float model",
            )


def _single_input(proto: onnx.ModelProto) -> onnx.ValueInfoProto:
    initialized = {tensor.name for tensor in proto.graph.initializer}
    inputs = [value for value in proto.graph.input if value.name not in initialized]
    if len(inputs) != 1 or len(proto.graph.output) != 1:
        raise InputError(
            f"the model has {len(inputs)} inputs and {len(proto.graph.output)} outputs",
            why="zkpot quantize takes one of each: the data, and a score per class",
            remedy="export the model with its data input and its logits only",
        )
    data: onnx.ValueInfoProto = inputs[0]
    return data


def _input_shape(data: onnx.ValueInfoProto) -> tuple[int | str, tuple[int, ...]]:
    tensor = data.type.tensor_type
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        raise InputError(
            f"the model's input {data.name!r} is not float32",
            remedy="export the model with a float32 input",
        )
    dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    sample = tuple(d for d in dims[1:] if d and d > 0)
    if len(dims) < 2 or len(sample) != len(dims) - 1 or dims[0] not in (None, 1):
        raise InputError(
            f"the model's input {data.name!r} has shape {dims}",
            why="the batch has to come first, fixed at 1 or symbolic, and the rest to be fixed",
            remedy="export the model with a symbolic batch dimension and samples of fixed shape",
        )
    onnx_file.require_size(data.name, sample)
    return dims[0] or tensor.shape.dim[0].dim_param or "N", sample


def _read(
    proto: onnx.ModelProto, data: str, shape: tuple[int, ...], symbolic: bool
) -> FloatReading:
    nodes = live(proto.graph)
    for node in nodes:
        _refuse_unknown(node)
    found = trace(proto, data, shape, symbolic)
    same = aliases(nodes, found)
    counts = reads(proto.graph, nodes, same)
    output = proto.graph.output[0].name
    reading = FloatReading(found, output, onnx_file.opset(proto), counts, same)
    for node in nodes:
        if node.output[0] not in found.constants:
            if reading.ended and node.op_type not in AFTER_THE_END:
                ended = reading.ended
                raise refused(node, f"it comes after {ended}", f"put {ended} at the very end")
            if node.output[0] not in same or node.op_type == "Dropout":
                _take(reading, node)
    return reading


def _take(reading: FloatReading, node: onnx.NodeProto) -> None:
    try:
        _reader(node)(reading, node)
    except onnx_file.CONTRADICTIONS as error:
        raise onnx_file.contradiction(node, error) from error


def _refuse_unknown(node: onnx.NodeProto) -> None:
    """Before onnxruntime runs the model, which may know the node no better."""
    if node.domain not in ("", "ai.onnx"):
        raise refused(node, f"it is not one of {SUPPORTED}", "replace or remove it")


def _reader(node: onnx.NodeProto) -> Reader:
    if node.op_type not in READERS:
        raise refused(node, f"it is not one of {SUPPORTED}", "replace or remove it")
    return READERS[node.op_type]


def _pruned(graph: FloatGraph) -> FloatGraph:
    """Without the nodes that the output doesn't depend on."""
    wanted, kept = {graph.output}, list[FloatNode]()
    for node in reversed(graph.nodes):
        if node.output in wanted:
            kept.append(node)
            wanted.update(node.inputs)
    return replace(graph, nodes=tuple(kept[::-1]))


def _named(graph: FloatGraph) -> FloatGraph:
    """With names that no other node has, shared weights included."""
    taken: set[str] = set()
    nodes = []
    for node in graph.nodes:
        named = replace(node, name=_fresh(node.name, taken))
        if isinstance(named, Linear):
            weight, bias = (_fresh(n, taken) for n in (named.weight_name, named.bias_name))
            named = replace(named, weight_name=weight, bias_name=bias)
        nodes.append(named)
    return replace(graph, nodes=tuple(nodes))


def _fresh(name: str, taken: set[str]) -> str:
    fresh, count = name, 1
    while fresh in taken:
        count += 1
        fresh = f"{name}_{count}"
    taken.add(fresh)
    return fresh
