"""The classes that any ONNX classifier puts samples into, float or quantized, by onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from zkpot.compiler.errors import InputError

from ..ops.base import IntArray
from .onnx_file import Array, load, serialized
from .samples import checked_samples
from .sessions import run


def predictions(path: Path, x: Array) -> IntArray:
    """(n,) class numbers for ``x``, samples first. Ties go to the lowest index, as in ONNX.

    The model's one output is a row of scores or a class number. Raises InputError for a model with
    other inputs or outputs, or that onnxruntime can't run on ``x``.
    """
    model = load(path)
    initializers = {i.name for i in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in initializers]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise InputError(
            f"{path} has {len(inputs)} inputs and {len(model.graph.output)} outputs",
            why="a classifier takes one tensor and gives one",
            remedy="export it with one input and one output",
        )
    samples = checked_samples(x, x.shape[1:]).astype(_dtype(inputs[0]), copy=False)
    dims = inputs[0].type.tensor_type.shape.dim
    symbolic = bool(dims) and not dims[0].dim_value
    output = run(serialized(model), samples, [model.graph.output[0].name], symbolic=symbolic)[0]
    rows = output.reshape(len(samples), -1)
    classes = rows[:, 0] if rows.shape[1] == 1 else rows.argmax(-1)
    return classes.astype(np.int64)


def _dtype(tensor: onnx.ValueInfoProto) -> np.dtype[np.generic]:
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.type.tensor_type.elem_type))
