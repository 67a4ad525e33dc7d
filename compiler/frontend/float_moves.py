"""Data movement in float models: the index of every element, asked of onnxruntime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper
from zkpot.compiler.float_nodes import Movement
from zkpot.compiler.quantize import IntArray

from .float_reading import FloatReading, node_name, refused
from .onnx_file import attribute
from .snippet import Snippet, axis_attribute

EXACT = 1 << 24


@dataclass(frozen=True, eq=False, kw_only=True)
class OnnxMovement(Movement):
    """``snippet``: the node that moves."""

    snippet: Snippet


def reshape(reading: FloatReading, node: onnx.NodeProto) -> None:
    """Reshape, Flatten, Squeeze and Unsqueeze: nothing moves."""
    shape, source = reading.shape(node.output[0]), reading.data(node)
    reading.add(
        Movement(
            name=node_name(node),
            inputs=(source,),
            output=node.output[0],
            shape=shape,
            index=np.arange(math.prod(shape)),
            total=math.prod(shape),
        )
    )


def move(reading: FloatReading, node: onnx.NodeProto) -> None:
    """Any node that only picks elements of its inputs, or zeros."""
    _refuse_arithmetic(reading, node)
    _add(reading, node, node, node.output[0])


def split(reading: FloatReading, node: onnx.NodeProto) -> None:
    """Split: a Slice for each part that is read."""
    rank = len(reading.shape(reading.data(node))) + 1
    axis, begin = axis_attribute(node, 0, rank), 0
    for part in node.output:
        end = begin + (reading.shape(part)[axis - 1] if axis else 0)
        if reading.reads[part]:
            names = [f"{part}_{word}" for word in ("starts", "ends", "axes")]
            made = helper.make_node(
                "Slice", [node.input[0], *names], [part], name=f"{node_name(node)}_{part}"
            )
            held = dict(zip(names, ([begin], [end], [axis]), strict=True))
            extra = {name: np.array(value, np.int64) for name, value in held.items()}
            _add(reading, node, made, part, extra)
        begin = end


def _add(
    reading: FloatReading,
    node: onnx.NodeProto,
    made: onnx.NodeProto,
    output: str,
    extra: dict[str, IntArray] | None = None,
) -> None:
    """``made`` stands for ``node``, of which ``extra`` holds constants that the model lacks."""
    constants = dict(extra or {})
    known = reading.trace.constants
    for name in made.input:
        if name and name in known:
            if name in reading.trace.varying:
                raise refused(
                    node, f"its input {name!r} depends on the batch size", "give it a constant"
                )
            constants[name] = known[name]
    names = tuple(dict.fromkeys(n for n in made.input if n and n not in constants))
    shapes = [reading.shape(name) for name in names]
    # The converter of operator sets knows nothing of Slice before 10, where inputs were attributes.
    opset = max(reading.opset, 10) if extra else reading.opset
    piece = Snippet((made,), constants, names, output, opset)
    index = _index(reading, node, piece, shapes)
    reading.add(
        OnnxMovement(
            name=made.name or output,
            inputs=tuple(map(reading.name, names)),
            output=output,
            shape=reading.shape(output),
            index=index,
            total=sum(map(math.prod, shapes)),
            snippet=piece.modern(shapes),
        )
    )


def _index(
    reading: FloatReading, node: onnx.NodeProto, piece: Snippet, shapes: Sequence[tuple[int, ...]]
) -> IntArray:
    """Where each element of a sample comes from; checked with scrambled numbers."""
    batch, sizes = reading.trace.batch, [math.prod(shape) for shape in shapes]
    total = sum(sizes)
    if batch * total + 1 >= EXACT:
        raise refused(node, "its samples are too large", "use smaller samples")
    numbers = np.arange(1, batch * total + 1).reshape(batch, total)
    scrambled = np.random.default_rng(0).permutation(numbers.reshape(-1)).reshape(batch, total)
    outputs = []
    for values in (numbers, scrambled):
        parts = np.split(values.astype(np.float32), np.cumsum(sizes)[:-1], axis=1)
        feeds = [part.reshape(batch, *shape) for part, shape in zip(parts, shapes, strict=True)]
        outputs.append(piece.run(feeds).reshape(batch, -1))
    index: IntArray = outputs[0][0].astype(np.int64) - 1
    padded = np.concatenate([scrambled, np.zeros((batch, 1), np.int64)], axis=1)
    if not (index.min() >= -1 and index.max() < total) or (padded[:, index] != outputs[1]).any():
        raise refused(
            node, "it mixes samples, or does more than move elements", "keep samples apart"
        )
    return index


def _refuse_arithmetic(reading: FloatReading, node: onnx.NodeProto) -> None:
    if node.op_type in ("Resize", "Upsample"):
        mode = attribute(node, "mode", b"nearest").decode()
        if mode != "nearest":
            raise refused(node, f"its mode is {mode}", "use mode nearest")
    if node.op_type == "Pad":
        value = attribute(node, "value", 0.0)
        given = reading.constant(node, 2)
        if value or (given is not None and given.any()):
            raise refused(node, "it pads with a value other than 0", "pad with 0")
