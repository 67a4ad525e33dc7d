"""Where a node that only moves data takes each element from: asked of onnxruntime, with numbered
elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx

from .constants import opsets_or_latest
from .onnx_file import Array, describe
from .reading import Reading, refusal, require_movable
from .single_node import NodeError, single_node

MOVING = frozenset(
    {
        "DepthToSpace",
        "Expand",
        "Flatten",
        "Gather",
        "GatherElements",
        "GatherND",
        "Pad",
        "Reshape",
        "Resize",
        "Slice",
        "SpaceToDepth",
        "Split",
        "Squeeze",
        "Tile",
        "Transpose",
        "Trilu",
        "Unsqueeze",
        "Upsample",
    }
)
"""Operators whose outputs are elements of their first input."""

EXACT_FLOATS = 1 << 24
"""Float32 holds all integers up to here."""


@dataclass(frozen=True)
class Layout:
    """One output of a node, a sample: its shape, and its elements' places in the concatenation of
    the flat inputs; -1 for what the node puts in itself."""

    shape: tuple[int, ...]
    index: tuple[int, ...]


def layouts(
    reading: Reading,
    node: onnx.NodeProto,
    positions: Sequence[int],
    shapes: Sequence[tuple[int, ...]],
    *,
    ignored: Sequence[int] = (),
) -> list[Layout]:
    """One layout for each output of ``node``.

    positions: the inputs that hold data; shapes: one sample's of each; ignored: inputs to leave
    out, such as the value that Pad puts in. The node is run on numbered elements, for more than
    one number of samples where the model takes any; samples must not meet.
    """
    bare = onnx.NodeProto()
    bare.CopyFrom(node)
    for position in ignored:
        if position < len(bare.input):
            bare.input[position] = ""
    for k, position in enumerate(positions):
        bare.input[position] = f"data {k}"  # the same tensor twice is two inputs here
    runs = [_run(reading, bare, shapes, probe) for probe in range(len(reading.batches))]
    if any(run != runs[0] for run in runs):
        raise _mixing(node, shapes)
    found = [layout for layout in runs[0] if layout is not None]
    if len(found) < len(runs[0]):
        raise _mixing(node, shapes)
    return found


def _mixing(node: onnx.NodeProto, shapes: Sequence[tuple[int, ...]]) -> Exception:
    samples = " and ".join(str(list(shape)) for shape in shapes)
    return refusal(
        node,
        f"it does not keep samples of shape {samples} apart",
        "leave the batch dimension, which comes first, as it is "
        "(reshape to [-1, features] or [0, features])",
    )


def _run(
    reading: Reading, bare: onnx.NodeProto, shapes: Sequence[tuple[int, ...]], probe: int
) -> list[Layout | None]:
    batch, total = reading.batches[probe], sum(map(prod, shapes))
    inputs = _constants(reading, bare, probe)
    if batch * total >= EXACT_FLOATS:
        raise refusal(bare, f"it moves samples of {total} elements", "use smaller samples")
    start = 1
    for k, shape in enumerate(shapes):
        own = start + np.arange(prod(shape)) + total * np.arange(batch)[:, None]
        inputs[f"data {k}"] = own.reshape(batch, *shape).astype(np.float32)
        start += prod(shape)
    try:
        outputs = single_node(bare, inputs, opsets_or_latest(reading.opsets))
    except NodeError as error:
        raise refusal(
            bare, f"onnxruntime can't run it: {error}", "check its inputs' shapes"
        ) from error
    for output in outputs:
        require_movable(describe(bare), np.size(output) // batch)
    return [_decoded(np.asarray(output), batch, total) for output in outputs]


def _constants(reading: Reading, bare: onnx.NodeProto, probe: int) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name in bare.input:
        values = reading.known(name)
        if values is not None:
            found[name] = values[probe]
        elif name and not name.startswith("data "):
            raise refusal(bare, f"its input {name!r} is not a constant", "make it an initializer")
    return found


def _decoded(output: Array, batch: int, total: int) -> Layout | None:
    """None where an element comes from another sample than the one it goes to."""
    if output.ndim < 1 or len(output) != batch:
        return None
    numbers = output.reshape(batch, -1).astype(np.int64) - 1
    inserted = numbers < 0
    samples, places = np.divmod(numbers, max(total, 1))
    places[inserted] = -1
    own = inserted | (samples == np.arange(batch)[:, None])
    if not own.all() or (places != places[0]).any():
        return None
    return Layout(output.shape[1:], tuple(places[0].tolist()))
