"""ONNX file -> graph, parameter values and what the file says about widths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd, prod
from pathlib import Path

import numpy as np
import onnx

from ..errors import InputError
from ..ir import Graph
from ..ops.base import IntArray
from ..passes.drop_dead import drop_dead
from ..program import Program
from .constants import constants
from .model_cuts import producers
from .nearest import nearest
from .onnx_file import CONTRADICTIONS, contradiction, describe, load, require_size
from .operators import OPERATORS, Reader
from .quantization import quantized_constant
from .reading import Readers, Reading
from .shape_arithmetic import shape_arithmetic
from .tensors import Floats, Head, Integer, RawInput, Real, Tensor

WEIGHT_BITS, ACCUMULATOR_BITS = "zkpot.weight_bits", "zkpot.accumulator_bits"
MOST_ACCUMULATOR_BITS = 64
"""onnxruntime's kernels accumulate in 32 bits; what is left is for sums behind them."""
DTYPES = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.UINT8: "uint8",
    onnx.TensorProto.INT8: "int8",
}


@dataclass(frozen=True)
class Trace:
    """Where the graph's values are found in the ONNX model.

    ``integers``: its 8-bit tensors that depend on the data, by name, in the order of its nodes.
    ``logits``: the tensor ``source``, before the ``head`` (Softmax, ...) if the model has one.
    ``symbolic``: whether it takes more than one sample at a time.
    """

    integers: Mapping[str, Integer]
    source: str
    logits: Integer | Real
    head: str | None
    symbolic: bool


@dataclass(frozen=True)
class Imported:
    """A model as read: ``values`` are the private parameters; the metadata may say nothing.

    ``tabulated``: nodes whose constants became part of tables, and public.
    """

    graph: Graph
    values: Mapping[str, IntArray]
    input_shape: tuple[int, ...]
    weight_bits: int | None
    accumulator_bits: Mapping[str, int]
    trace: Trace
    tabulated: tuple[str, ...]


def import_model(path: Path) -> Imported:
    """Reads an int8 ONNX model.

    Raises InputError naming the file or the node, the reason, and what to do, for anything that is
    not an ONNX file, not quantized, or not supported.
    """
    model = load(path)
    return imported(model, read(model))


def imported(model: onnx.ModelProto, reading: Reading) -> Imported:
    """``model``, which was ``reading``. Raises InputError as `import_model`."""
    trace = _trace(reading, model)
    graph = drop_dead(Program(reading.graph(_output(reading, trace)), 1)).graph
    values = {p.name: reading.values[p.name] for p in graph.parameters}
    metadata = {p.key: p.value for p in model.metadata_props}
    return Imported(
        graph,
        values,
        _input(model)[1],
        _weight_bits(metadata.get(WEIGHT_BITS)),
        _accumulator_bits(metadata.get(ACCUMULATOR_BITS)),
        trace,
        tuple(reading.tabulated),
    )


def read(model: onnx.ModelProto) -> Reading:
    """Every node of ``model``. Raises InputError as `import_model`."""
    known = constants(model.graph, model.opset_import)
    name, shape, dtype, batch = _input(model)
    reading = Reading(known, batch, _readers(model.graph), model.opset_import)
    reading.producers = producers(model)
    reading.tensors[name] = RawInput(shape, dtype, prod(shape))
    for node in model.graph.node:
        if node.output[0] not in known:
            _read_node(reading, node)
    return reading


def _read_node(reading: Reading, node: onnx.NodeProto) -> None:
    if node.op_type == "QuantizeLinear" and node.input[0] in reading.constants:
        reading.constants[node.output[0]] = quantized_constant(reading, node)
    elif not shape_arithmetic(reading, node):
        found = _taken(reading, node)
        several = found if isinstance(found, tuple) else (found,)
        reading.tensors.update(zip(node.output, several, strict=False))


def _taken(reading: Reading, node: onnx.NodeProto) -> Tensor | tuple[Tensor, ...]:
    """What ``node``'s output is. A node whose attributes and inputs contradict each other in a way
    that its reader doesn't look for is refused by name all the same."""
    try:
        return _reader(node)(reading, node)
    except CONTRADICTIONS as error:
        raise contradiction(node, error) from error


def _readers(graph: onnx.GraphProto) -> Readers:
    found: dict[str, list[onnx.NodeProto | None]] = {output.name: [None] for output in graph.output}
    for node in graph.node:
        for name in node.input:
            found.setdefault(name, []).append(node)
    return found


def _reader(node: onnx.NodeProto) -> Reader:
    domain = "" if node.domain == "ai.onnx" else node.domain
    reader = OPERATORS.get((domain, node.op_type))
    if reader is None:
        raise InputError(
            f"{describe(node)} is not supported",
            why="no primitive computes it exactly yet",
            remedy=nearest(node.op_type, (name for _, name in OPERATORS)),
        )
    return reader


def _input(model: onnx.ModelProto) -> tuple[str, tuple[int, ...], str, int | None]:
    """Name, one sample's shape, dtype, and the batch dimension if it is fixed."""
    initializers = {i.name for i in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in initializers]
    if len(inputs) != 1:
        raise InputError(
            f"the model has {len(inputs)} inputs",
            why="a test sample is one tensor",
            remedy="export it with one input",
        )
    tensor = inputs[0].type.tensor_type
    dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    if tensor.elem_type not in DTYPES:
        raise InputError(
            f"the model's input {inputs[0].name!r} is neither float32, uint8 nor int8",
            remedy="export it with one of those types",
        )
    unknown = any(d is None or d < 1 for d in dims[1:])
    if len(dims) < 2 or unknown or dims[0] not in (None, 0, 1):
        raise InputError(
            f"the model's input {inputs[0].name!r} has shape {dims}",
            why="the batch dimension must be symbolic or 1, and all others fixed",
            remedy="export it with input shape [batch, ...]",
        )
    sample = tuple(int(d) for d in dims[1:] if d is not None)
    require_size(inputs[0].name, sample)
    return inputs[0].name, sample, DTYPES[tensor.elem_type], dims[0] or None


def _trace(reading: Reading, model: onnx.ModelProto) -> Trace:
    if len(model.graph.output) != 1:
        raise InputError(
            f"the model has {len(model.graph.output)} outputs",
            why="accuracy is counted on one tensor of logits",
            remedy="export it with one output",
        )
    name = model.graph.output[0].name
    tensor: Tensor | None = reading.tensors.get(name)
    source, head = name, None
    if isinstance(tensor, Head):
        source, head, tensor = tensor.source, tensor.operator, tensor.logits
    if not isinstance(tensor, Integer | Real):
        reading.graph(name)
        raise InputError(
            f"the model's output {name!r} is no quantized layer's result",
            remedy="end the model in a dense layer, or in Softmax or ArgMax behind one",
        )
    integers = {k: t for k, t in reading.tensors.items() if isinstance(t, Integer)}
    return Trace(integers, source, tensor, head, reading.batch is None)


def _output(reading: Reading, trace: Trace) -> str:
    """The value that the classes are compared by."""
    if isinstance(trace.logits, Integer):
        return trace.logits.value
    if trace.logits.clipped:
        raise InputError(
            f"the model's output {trace.source!r} is clipped (Relu or Clip) and not quantized "
            "behind it",
            why="clipping makes ties, and logits are compared as accumulators",
            remedy="drop the last Relu or Clip, or quantize its result",
        )
    return _scaled(reading, trace.logits, trace.source)


def _scaled(reading: Reading, tensor: Real, name: str) -> str:
    """Accumulators whose channels have scales of their own, as integers at one scale."""
    factors = _integer_factors(tensor.scale)
    if len(set(factors)) == 1:
        return tensor.value
    return reading.emit("scale", name, (tensor.value,), f"{name}.scaled", factor=factors)


def _integer_factors(scale: Floats) -> tuple[int, ...]:
    """The smallest integers in the proportion of float32 scales, exactly (a float is m·2^e)."""
    ratios = [float(s).as_integer_ratio() for s in np.atleast_1d(scale)]
    common = max(d for _, d in ratios)
    whole = [n * (common // d) for n, d in ratios]
    divisor = gcd(*whole)
    return tuple(w // divisor for w in whole)


def _weight_bits(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() and 2 <= int(text) <= 8 else None


def _accumulator_bits(text: str | None) -> dict[str, int]:
    try:
        raw = json.loads(text or "{}")
        found = {str(k): int(v) for k, v in raw.items()}
        if not all(2 <= bits <= MOST_ACCUMULATOR_BITS for bits in found.values()):
            raise ValueError("a width that no accumulator has")
        return found
    except (ValueError, AttributeError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(
            f"the model's metadata {ACCUMULATOR_BITS!r} is not an object of integers "
            f"from 2 to {MOST_ACCUMULATOR_BITS}",
            remedy="quantize the model again with zkpot quantize, or drop that entry",
        ) from error
