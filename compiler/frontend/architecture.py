"""The public part of a quantized model: everything but the values of weights and biases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx
from onnx import AttributeProto, numpy_helper
from zkpot.compiler.errors import InputError

from . import binary, movement, onnx_file, unary
from .importer import ACCUMULATOR_BITS, WEIGHT_BITS, Imported, imported, read
from .onnx_file import Array
from .operators import OPERATORS
from .publication import ARRAYS, published
from .reading import Reading
from .tensors import RealConstant

MOST_INPUTS = 1024
"""Of a node with any number of them."""

# Inputs of nodes on the data that are scales, zero points, shapes, axes, indices, bounds or slopes:
# the circuit has them, whatever their size.
PUBLIC_INPUTS: Mapping[str, frozenset[int]] = {
    "Clip": frozenset({1, 2}),
    "ConvInteger": frozenset({2, 3}),
    "DequantizeLinear": frozenset({1, 2}),
    "Expand": frozenset({1}),
    "Gather": frozenset({1}),
    "GatherElements": frozenset({1}),
    "GatherND": frozenset({1}),
    "MatMulInteger": frozenset({2, 3}),
    "MatMulIntegerToFloat": frozenset({2, 3, 4, 5}),
    "Mul": frozenset({0, 1}),
    "PRelu": frozenset({1}),
    "Pad": frozenset({1, 2, 3}),
    "QGemm": frozenset({1, 2, 4, 5, 7, 8}),
    "QLinearAdd": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearAveragePool": frozenset({1, 2, 3, 4}),
    "QLinearConcat": frozenset(k for k in range(MOST_INPUTS) if k % 3 != 2),
    "QLinearConv": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearGlobalAveragePool": frozenset({1, 2, 3, 4}),
    "QLinearLeakyRelu": frozenset({1, 2, 3, 4}),
    "QLinearMatMul": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearMul": frozenset({1, 2, 4, 5, 6, 7}),
    "QLinearSigmoid": frozenset({1, 2, 3, 4}),
    "QLinearSoftmax": frozenset({1, 2, 3, 4}),
    "QuantizeLinear": frozenset({1, 2}),
    "ReduceMax": frozenset({1}),
    "ReduceMean": frozenset({1}),
    "ReduceSum": frozenset({1}),
    "Reshape": frozenset({1}),
    "Resize": frozenset({1, 2, 3}),
    "Slice": frozenset({1, 2, 3, 4}),
    "Split": frozenset({1}),
    "Squeeze": frozenset({1}),
    "Tile": frozenset({1}),
    "Unsqueeze": frozenset({1}),
    "Trilu": frozenset({1}),
    "Upsample": frozenset({1}),
    "Where": frozenset({0}),
}

# The same of nodes on a dequantized weight: an index into it would say where it has equal elements.
SHAPING_INPUTS: Mapping[str, frozenset[int]] = {
    "DequantizeLinear": frozenset({1, 2}),
    "Expand": frozenset({1}),
    "Pad": frozenset({1, 3}),
    "Reshape": frozenset({1}),
    "Slice": frozenset({1, 2, 3, 4}),
    "Squeeze": frozenset({1}),
    "Tile": frozenset({1}),
    "Unsqueeze": frozenset({1}),
}

TABULATED = (
    *(binary.add, binary.mul, binary.only_with_constants, binary.sub, binary.total),
    *(movement.where, unary.pointwise),
)
"""Readers that make a table, which is in the circuit, of the data and constants of one element."""

OLDEST = 4
"""The first version of the format in which an initializer needs not be an input."""


def strip_weights(model_bytes: bytes) -> bytes:
    """A QDQ or QOperator model without anything that says what its weights and biases are;
    deterministic bytes, which are the same for every model of this architecture.

    What is computed from constants is stored, so that what it was computed from goes. A tensor
    keeps its values only if all that reads it is known to be public; any other one is zero, of
    whatever size, and every parameter of the circuit is. What is not needed to import the model
    goes too. Raises InputError for what can't be imported, and where the result's circuit would
    be another one.
    """
    proto = onnx_file.parse(model_bytes, "the quantized model")
    reading = read(proto)
    stripped = published(_stripped(proto, reading), (ACCUMULATOR_BITS, WEIGHT_BITS))
    onnx_file.checked(stripped, "the architecture")
    _require_same(imported(proto, reading), imported(stripped, read(stripped)))
    return onnx_file.serialized(stripped)


def _require_same(model: Imported, architecture: Imported) -> None:
    """All that `lower` makes the circuit of, but the choice of accumulators without metadata."""
    for before, after in (
        (model.graph, architecture.graph),
        (model.weight_bits, architecture.weight_bits),
        (model.accumulator_bits, architecture.accumulator_bits),
    ):
        if before != after:
            raise InputError(
                "the model's architecture can't be published without its weights",
                why="with weights of 0 it is another circuit: something is private and public",
                remedy="store weights apart from shapes, scales and constants of functions",
            )


def _stripped(proto: onnx.ModelProto, reading: Reading) -> onnx.ModelProto:
    found = onnx.ModelProto()
    found.CopyFrom(proto)
    graph = found.graph
    stored = {tensor.name for tensor in graph.initializer}
    nodes = [node for node in graph.node if not _computed(reading, node)]
    values = dict(_constants(proto.graph, nodes, reading))
    inputs = [t for t in proto.graph.input if t.name not in stored or t.name in values]
    if not values.keys() <= stored:
        found.ir_version = max(proto.ir_version, OLDEST)
    for node in nodes:
        arrays = (AttributeProto.TENSOR, AttributeProto.FLOATS)
        kept = [a for a in node.attribute if a.type not in arrays or node.op_type in ARRAYS]
        del node.attribute[:]
        node.attribute.extend(kept)
    del graph.node[:], graph.initializer[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.extend(inputs)
    graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in values.items())
    return found


def _computed(reading: Reading, node: onnx.NodeProto) -> bool:
    """Whether ``node`` reads constants and shapes alone, and gives constants."""
    constant = all(name in reading.constants for name in node.output if name)
    return constant and not any(name in reading.tensors for name in node.input)


def _constants(
    graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto], reading: Reading
) -> Iterator[tuple[str, Array]]:
    """What ``nodes`` read besides each other's outputs, in the order in which the model has it;
    zeros unless public."""
    read_by = {name for node in nodes for name in node.input}
    made = {name for node in nodes for name in node.output}
    public = _public(nodes, reading)
    stored = [tensor.name for tensor in graph.initializer]
    for name in dict.fromkeys([*stored, *(o for node in graph.node for o in node.output)]):
        if name in read_by and name not in made and name in reading.constants:
            values = reading.constants[name]
            yield name, values if name in public else np.zeros_like(values)


def _public(nodes: Sequence[onnx.NodeProto], reading: Reading) -> set[str]:
    """The names that are read, but at public places only."""
    public: set[str] = set()
    private = {use.constant.name for use in reading.uses.values()}
    for node in reversed(nodes):
        leads = bool(public.intersection(node.output)) and not private.intersection(node.output)
        for position, name in enumerate(node.input):
            here = _is_public(reading, node, position, leads=leads)
            (public if here else private).add(name)
    return public - private


def _is_public(reading: Reading, node: onnx.NodeProto, position: int, *, leads: bool) -> bool:
    """Whether the circuit shows input ``position`` of ``node``; ``leads``: all of its outputs."""
    output = node.output[0]
    if output not in reading.tensors:  # the arithmetic of shapes
        return leads
    if isinstance(reading.tensors[output], RealConstant):
        return leads if position == 0 else position in SHAPING_INPUTS.get(node.op_type, ())
    if position in PUBLIC_INPUTS.get(node.op_type, ()):
        return True
    domain = "" if node.domain == "ai.onnx" else node.domain
    return OPERATORS[domain, node.op_type] in TABULATED and _single(reading, node.input[position])


def _single(reading: Reading, name: str) -> bool:
    tensor = reading.tensors.get(name)
    values = tensor.integers if isinstance(tensor, RealConstant) else reading.constants.get(name)
    return values is not None and values.size == 1
