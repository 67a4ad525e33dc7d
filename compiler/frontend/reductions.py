"""ReduceMean, ReduceMax and ReduceSum over axes of a sample: pools of all elements along these."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import onnx

from .onnx_file import attribute
from .pools import averaged, largest, maximum_of, means
from .reading import Reading, node_name, refusal
from .tensors import Integer, Real, Tensor
from .windows import Axis, Windows


def reduce_mean(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The mean along axes of a dequantized 8-bit tensor."""
    x = averaged(reading, node)
    found = _reduction(reading, node, x.shape)
    mean = means(reading, node, replace(x, value=_moved(reading, node, x, found)), found.windows)
    # onnxruntime has an integer kernel for pools only.
    return replace(mean, shape=found.shape, kernel=None)


def reduce_sum(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The sum along axes of a dequantized 8-bit tensor."""
    x = averaged(reading, node)
    found = _reduction(reading, node, x.shape)
    mean = means(reading, node, replace(x, value=_moved(reading, node, x, found)), found.windows)
    whole = frozenset((terms, 1) for terms, _ in mean.windows)
    return replace(mean, shape=found.shape, kernel=None, counts=(1,), windows=whole)


def reduce_max(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """The largest element along axes, of an 8-bit tensor or before its QuantizeLinear."""
    x = maximum_of(reading, node)
    found = _reduction(reading, node, x.shape)
    moved = replace(x, value=_moved(reading, node, x, found))
    return _shaped(largest(reading, node, moved, found.windows), found.shape)


@dataclass(frozen=True)
class _Reduction:
    """``order``: the axes that are kept, then the others; ``shape``: the result's."""

    order: tuple[int, ...]
    windows: Windows
    shape: tuple[int, ...]


def _reduction(reading: Reading, node: onnx.NodeProto, shape: tuple[int, ...]) -> _Reduction:
    gone = _axes(reading, node, len(shape))
    kept = [axis for axis in range(len(shape)) if axis not in gone]
    length = math.prod(shape[axis] for axis in gone)
    line = Axis(length, length, 1, 1, (0, 0), 1)
    keep = bool(attribute(node, "keepdims", 1))
    result = tuple(
        1 if axis in gone else size for axis, size in enumerate(shape) if keep or axis in kept
    )
    windows = Windows(math.prod(shape[axis] for axis in kept), (line,))
    return _Reduction((*kept, *gone), windows, result)


def _axes(reading: Reading, node: onnx.NodeProto, rank: int) -> tuple[int, ...]:
    """The axes of a sample that are reduced, in order."""
    given = attribute(node, "axes", ())
    if len(node.input) > 1 and node.input[1]:
        given = reading.constant(node, 1, "axes").reshape(-1).tolist()
    axes = sorted({int(axis) % (rank + 1) for axis in given})
    if not axes or axes[0] == 0:
        raise refusal(
            node,
            "it reduces the batch axis, that is, joins samples",
            "name the axes to reduce, all behind the batch",
        )
    return tuple(axis - 1 for axis in axes)


def _moved(reading: Reading, node: onnx.NodeProto, x: Integer | Real, found: _Reduction) -> str:
    """The value of ``x`` with the axes to reduce behind the others."""
    places = np.arange(math.prod(x.shape)).reshape(x.shape).transpose(found.order).reshape(-1)
    value = reading.select(node_name(node), (x.value,), places.tolist(), f"{node.output[0]}.moved")
    if value != x.value and isinstance(x, Real) and x.scale.ndim:
        raise refusal(node, "it joins channels with scales of their own", "quantize per tensor")
    return value


def _shaped(x: Integer | Real, shape: tuple[int, ...]) -> Integer | Real:
    if isinstance(x, Integer) or x.integer is None:
        return replace(x, shape=shape)
    return replace(x, shape=shape, integer=replace(x.integer, shape=shape))
