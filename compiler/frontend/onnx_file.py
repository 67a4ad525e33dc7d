"""Opens ONNX files, and looks things up in them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper
from zkpot.compiler.errors import InputError

Array = NDArray[Any]

UNREADABLE = (
    *(DecodeError, OSError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError),
    onnx.checker.ValidationError,
)
"""What protobuf, onnx's checker and its reader of external data say of files that are none."""

CONTRADICTIONS = (ArithmeticError, LookupError, TypeError, ValueError)
"""What computing with a node's attributes and shapes raises where they don't fit together."""

MOST_ELEMENTS = 1 << 22
"""Of one sample: a model's file says it in a few bytes, and memory is taken for all of them."""


def load(path: Path) -> onnx.ModelProto:
    """The model in ``path``, checked by onnx's own checker; InputError for anything else."""
    try:
        model = onnx.load(str(path))
    except FileNotFoundError as error:
        raise InputError(
            f"no file {str(error.filename or path)!r}", remedy="check the model's path"
        ) from error
    except UNREADABLE as error:
        raise InputError(
            f"{str(path)!r} can't be read as an ONNX file",
            why=_first_line(error),
            remedy="export the model to ONNX again and pass that file",
        ) from error
    checked(model, str(path))
    return model


def checked(model: onnx.ModelProto, name: str) -> None:
    """Raises InputError unless onnx's checker accepts the model."""
    try:
        onnx.checker.check_model(model)
    except UNREADABLE as error:
        raise InputError(
            f"{name!r} is not a valid ONNX model",
            why=_first_line(error),
            remedy="export the model to ONNX again; onnx.checker.check_model has to accept it",
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def opset(model: onnx.ModelProto) -> int:
    """The version of the default operator set."""
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)


def contradiction(node: onnx.NodeProto, error: Exception) -> InputError:
    """The error for a node of which ``error`` shows that it can't be computed."""
    return InputError(
        f"{describe(node)} contradicts itself or what it reads",
        why=f"{type(error).__name__}: {_first_line(error)}",
        remedy="check the node's attributes and its inputs' shapes, and export the model again",
    )


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """An attribute's value; tensors as TensorProto."""
    for item in node.attribute:
        if item.name == name:
            return onnx.helper.get_attribute_value(item)
    return default


def describe(node: onnx.NodeProto) -> str:
    """The node's name and operator, for messages."""
    operator = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    return f"node {node.name or (node.output[0] if node.output else '?')!r} ({operator})"


def array(tensor: onnx.TensorProto) -> Array:
    """A tensor's values. Raises InputError for one that contradicts itself."""
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except UNREADABLE as error:
        raise InputError(
            f"the tensor {tensor.name!r} can't be read",
            why=_first_line(error),
            remedy="export the model to ONNX again",
        ) from error


def require_size(name: str, shape: tuple[int, ...]) -> None:
    """Raises InputError for a model's input ``name`` whose samples have too many elements."""
    if math.prod(shape) > MOST_ELEMENTS:
        raise InputError(
            f"the model's input {name!r} has shape {list(shape)}",
            why=f"a sample may have at most {MOST_ELEMENTS} elements",
            remedy="use smaller samples",
        )


def parse(data: bytes, name: str) -> onnx.ModelProto:
    """The model that ``data`` is the serialization of; ``name`` is for messages."""
    try:
        model = onnx.load_model_from_string(data)
    except UNREADABLE as error:
        raise InputError(f"{name} is not ONNX", why=_first_line(error)) from error
    checked(model, name)
    return model


def serialized(model: onnx.ModelProto) -> bytes:
    """The model's bytes, the same for equal models."""
    return bytes(model.SerializeToString(deterministic=True))
