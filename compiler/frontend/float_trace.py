"""What onnxruntime itself says of a float model: every tensor's shape, and every constant.

So shape arithmetic, transposed weights and whatever else exporters compute from constants needs no
rules of zkpot's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from zkpot.compiler.errors import InputError

from . import onnx_file, sessions
from .onnx_file import Array, describe

BATCHES = (2, 3)
"""Runs with two batch sizes tell the batch dimension from others of the same size."""
SHAPE_ONLY = ("Shape", "Size")


@dataclass(frozen=True)
class FloatTrace:
    """``constants``: tensors that don't depend on the data's values, as they are for the first
    batch size, ``batch``; ``varying``: those among them that depend on the number of samples;
    ``shapes``: of one sample of each of the others."""

    constants: Mapping[str, Array]
    varying: frozenset[str]
    shapes: Mapping[str, tuple[int, ...]]
    batch: int


def trace(model: onnx.ModelProto, data: str, shape: tuple[int, ...], symbolic: bool) -> FloatTrace:
    """Runs ``model`` on zeros. InputError, naming the node, where samples are mixed."""
    known = {tensor.name: onnx_file.array(tensor) for tensor in model.graph.initializer}
    dependent = _dependent(model.graph, data)
    names = [name for node in model.graph.node for name in node.output if name]
    batches = BATCHES if symbolic else (1,)
    try:
        runs = [_outputs(model, names, (batch, *shape)) for batch in batches]
    except InputError as error:
        raise _located(model, data, shape, batches, error) from error
    constants, varying, shapes = dict(known), set[str](), {data: shape}
    for name in names:
        values = [run[name] for run in runs]
        if name not in dependent:
            constants[name] = values[0]
            if any(not np.array_equal(values[0], other) for other in values):
                varying.add(name)
            continue
        node = next(node for node in model.graph.node if name in node.output)
        shapes[name] = _sample(node, name, [value.shape for value in values], batches)
    return FloatTrace(constants, frozenset(varying), shapes, batches[0])


def _located(
    model: onnx.ModelProto,
    data: str,
    shape: tuple[int, ...],
    batches: tuple[int, ...],
    error: InputError,
) -> InputError:
    """The error of the first node that mixes samples, if that is what ``error`` comes from."""
    part, dependent = onnx.ModelProto(), _dependent(model.graph, data)
    part.CopyFrom(model)
    del part.graph.node[:], part.graph.output[:]
    for node in model.graph.node:
        part.graph.node.add().CopyFrom(node)
        if node.output[0] not in dependent:
            continue
        try:
            runs = [_outputs(part, [node.output[0]], (batch, *shape)) for batch in batches]
            shapes = [run[node.output[0]].shape for run in runs]
            _sample(node, node.output[0], shapes, batches)
        except InputError as found:
            return found
    return error


def _dependent(graph: onnx.GraphProto, data: str) -> set[str]:
    """The tensors whose values depend on the data's, not only on its shape."""
    found = {data}
    for node in graph.node:
        if node.op_type not in SHAPE_ONLY and not found.isdisjoint(node.input):
            found.update(node.output)
    return found


def _outputs(model: onnx.ModelProto, names: list[str], shape: tuple[int, ...]) -> dict[str, Array]:
    proto = onnx.ModelProto()
    proto.CopyFrom(model)
    own = {output.name for output in proto.graph.output}
    proto.graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in own
    )
    outputs = sessions.run(
        proto.SerializeToString(), np.zeros(shape, np.float32), names, symbolic=shape[0] > 1
    )
    return dict(zip(names, outputs, strict=True))


def _sample(
    node: onnx.NodeProto, name: str, shapes: list[tuple[int, ...]], batches: tuple[int, ...]
) -> tuple[int, ...]:
    samples = {shape[1:] for shape in shapes}
    leading = tuple(shape[0] if shape else None for shape in shapes)
    if len(samples) != 1 or leading != batches:
        raise InputError(
            f"{describe(node)} can't be quantized",
            why=f"its output {name!r} has shape {shapes[0]} for {batches[0]} samples: it mixes "
            "samples, or fixes their number",
            remedy="keep the batch dimension first, for example Flatten(axis=1)",
        )
    return samples.pop()
