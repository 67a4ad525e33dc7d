"""What a model computes from shapes: known without the data, for every number of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx

from .constants import foldable, folded
from .onnx_file import Array, attribute
from .reading import Reading, refusal
from .tensors import Head, RealConstant, Tensor

Axes = tuple[int, ...]


def shape_arithmetic(reading: Reading, node: onnx.NodeProto) -> bool:
    """Evaluates ``node`` if it needs no data but their shape; whether it did.

    A result that is the same for every number of samples is a constant from here on, any other
    one of ``reading.varying``.
    """
    found = _of_shape(reading, node) if node.op_type in OF_SHAPE else _of_known(reading, node)
    for name, values in found.items():
        first, *others = values
        if all(np.array_equal(first, other) for other in others):
            reading.constants[name] = first
        else:
            reading.varying[name] = values
    return bool(found)


def _of_known(reading: Reading, node: onnx.NodeProto) -> dict[str, tuple[Array, ...]]:
    inputs = {name: reading.known(name) for name in node.input if name}
    if not foldable(node) or any(values is None for values in inputs.values()):
        return {}
    runs = [
        folded(node, {k: v[i] for k, v in inputs.items() if v is not None}, reading.opsets)
        for i in range(len(reading.batches))
    ]
    return {name: tuple(run[name] for run in runs) for name in runs[0] if all(map(len, runs))}


def _of_shape(reading: Reading, node: onnx.NodeProto) -> dict[str, tuple[Array, ...]]:
    tensor = reading.tensors.get(node.input[0])
    if tensor is None:
        return _of_known(reading, node)
    if isinstance(tensor, Head):
        raise refusal(node, f"it reads the shape of {tensor.operator}'s result", "put that last")
    values = (_measured(node, _whole_shape(tensor, batch)) for batch in reading.batches)
    return {node.output[0]: tuple(values)}


def _whole_shape(tensor: Tensor, batch: int) -> Axes:
    """``tensor``'s own shape; a dequantized constant has no samples."""
    return tensor.shape if isinstance(tensor, RealConstant) else (batch, *tensor.shape)


def _measured(node: onnx.NodeProto, shape: Axes) -> Array:
    return OF_SHAPE[node.op_type](node, shape)


def _shape(node: onnx.NodeProto, shape: Axes) -> Array:
    end = attribute(node, "end", len(shape))
    return np.array(shape[attribute(node, "start", 0) : end], np.int64)


def _size(_node: onnx.NodeProto, shape: Axes) -> Array:
    return np.array(np.prod(shape), np.int64)


OF_SHAPE: Mapping[str, Callable[[onnx.NodeProto, Axes], Array]] = {"Shape": _shape, "Size": _size}
