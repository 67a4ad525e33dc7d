"""Quantizes a tensor of several parts: each part by itself, then all of them in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import TypeAlias

import numpy as np
import onnx

from ..ops.base import IntArray
from .arrangement import moved_part
from .reading import Reading, node_name
from .tensors import Function, Part, Parts

Quantizer: TypeAlias = Callable[[onnx.NodeProto, Part], str]
"""The name of a part's centred integers, made by a node like the one given."""


def assembled(reading: Reading, node: onnx.NodeProto, source: Parts, quantized: Quantizer) -> str:
    """The centred integers of ``source``.

    Quantizing looks at each element alone, so it makes no difference that it happens before the
    move. Elements that aren't read are dropped first.
    """
    starts = np.cumsum([0, *(prod(p.shape) for p in source.parts)])
    index = np.array(source.index, np.int64)
    names, total = list[str](), 0
    places = np.full(len(index), -1, np.int64)
    for k, part in enumerate(source.parts):
        here = (index >= starts[k]) & (index < starts[k + 1])
        read, order = np.unique(index[here] - starts[k], return_inverse=True)
        own = _numbered(node, k)
        names.append(quantized(own, _narrowed(reading, own, part, read)))
        places[here] = total + order
        total += int(read.size)
    return reading.select(node_name(node), names, list(map(int, places)), node.output[0])


def _numbered(node: onnx.NodeProto, part: int) -> onnx.NodeProto:
    """``node`` under names of its own, for what is emitted for one part."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.name, copy.output[0] = f"{node_name(node)}.{part}", f"{node.output[0]}.{part}"
    return copy


def _narrowed(reading: Reading, node: onnx.NodeProto, part: Part, read: IntArray) -> Part:
    if read.size == prod(part.shape):
        return part
    output = f"{node.output[0]}.read"
    index: list[int] = read.tolist()
    found = moved_part(reading, node, part, (len(index),), index, output)
    if isinstance(part, Function) and isinstance(found, Function):
        return replace(found, result=part.result)
    return found
