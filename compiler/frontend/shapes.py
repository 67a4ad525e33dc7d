"""Operators that move nothing: Flatten, Reshape, Squeeze, Unsqueeze, Identity, Dropout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx

from .onnx_file import attribute
from .reading import Reading, refusal
from .tensors import Head, Real, RealConstant, Tensor


def identity(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The input as it is; Dropout too, as it does nothing in inference."""
    if len(node.input) > 2 and node.input[2] and reading.constant(node, 2, "training mode").any():
        raise refusal(node, "it is in training mode", "export the model for inference")
    return reading.tensor(node, 0)


def _reshaped(node: onnx.NodeProto, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    if isinstance(tensor, RealConstant | Head):
        raise refusal(
            node,
            "it reshapes a constant or the result of Softmax or ArgMax",
            "store constants in their final shape, and end the model in Softmax or ArgMax",
        )
    if isinstance(tensor, Real) and tensor.scale.ndim:
        raise refusal(node, "it reshapes a tensor with a scale a channel", "quantize it per tensor")
    return replace(tensor, shape=shape)


def flatten(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """To (batch, features): only axis 1 keeps samples apart."""
    tensor = reading.tensor(node, 0)
    axis = attribute(node, "axis", 1)
    if axis not in (1, -len(tensor.shape)):
        raise refusal(node, f"its axis {axis} joins samples", "flatten from axis 1")
    return _reshaped(node, tensor, (int(np.prod(tensor.shape)),))


def reshape(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A constant target shape that leaves the batch dimension alone."""
    tensor = reading.tensor(node, 0)
    target = [int(d) for d in reading.constant(node, 1, "shape")]
    allow_zero = bool(attribute(node, "allowzero", 0))
    batches = (1,) if reading.batch == 1 else (2, 3)
    shapes = {_target(tensor.shape, target, n, allow_zero=allow_zero) for n in batches}
    if len(shapes) != 1 or None in shapes:
        raise refusal(
            node,
            f"shape {target} does not keep samples of shape {list(tensor.shape)} apart",
            "reshape to [-1, features] or [0, features]",
        )
    (shape,) = shapes
    assert shape is not None
    return _reshaped(node, tensor, shape)


def _target(
    sample: tuple[int, ...], target: list[int], batch: int, *, allow_zero: bool
) -> tuple[int, ...] | None:
    """One sample's shape after a reshape of ``batch`` samples, or None if they are mixed."""
    source = (batch, *sample)
    dims = [
        source[i] if d == 0 and not allow_zero and i < len(source) else d
        for i, d in enumerate(target)
    ]
    known = int(np.prod([d for d in dims if d != -1]))
    total = int(np.prod(source))
    if dims.count(-1) > 1 or known == 0 or total % known:
        return None
    resolved = [total // known if d == -1 else d for d in dims]
    return tuple(resolved[1:]) if resolved and resolved[0] == batch and len(resolved) > 1 else None


def squeeze(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Drops axes of length 1 other than the batch's."""
    tensor = reading.tensor(node, 0)
    rank = len(tensor.shape) + 1
    given = _axes(reading, node)
    every = [i + 1 for i, d in enumerate(tensor.shape) if d == 1]
    axes = every if given is None else [a % rank for a in given]
    if 0 in axes or any(tensor.shape[a - 1] != 1 for a in axes):
        raise refusal(node, f"its axes {axes} are not of length 1 in a sample", "squeeze others")
    kept = tuple(d for i, d in enumerate(tensor.shape, 1) if i not in axes)
    return _reshaped(node, tensor, kept)


def unsqueeze(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Adds axes of length 1 behind the batch's."""
    tensor = reading.tensor(node, 0)
    axes = _axes(reading, node) or []
    rank = len(tensor.shape) + 1 + len(axes)
    positions = sorted(a % rank for a in axes)
    if 0 in positions:
        raise refusal(node, "it adds an axis before the batch", "add axes behind it")
    shape = list(tensor.shape)
    for position in positions:
        shape.insert(position - 1, 1)
    return _reshaped(node, tensor, tuple(shape))


def _axes(reading: Reading, node: onnx.NodeProto) -> list[int] | None:
    given = attribute(node, "axes")
    if given is None and len(node.input) > 1 and node.input[1]:
        given = reading.constant(node, 1, "axes").tolist()
    return None if given is None else [int(a) for a in given]
