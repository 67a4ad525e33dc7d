"""Tensors after their elements have been moved: one operation select, or a wait for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import gcd, prod
from typing import TypeVar

import numpy as np
import onnx

from ..errors import InputError
from ..ops.base import IntArray
from ..ops.requantize import per_element
from .layout import Layout
from .reading import Reading, node_name, refusal
from .tensors import (
    Float,
    Floats,
    Function,
    Integer,
    Level,
    Operand,
    Part,
    Parts,
    RawInput,
    Real,
    RealMean,
    RealPair,
    Tensor,
)

PULLED_THROUGH = frozenset({"Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"})
"""What onnxruntime exchanges with a QuantizeLinear behind it, so that kernels still fuse."""

Pair = TypeVar("Pair", bound=RealPair)


def arranged(
    reading: Reading,
    node: onnx.NodeProto,
    sources: Sequence[Tensor],
    layout: Layout,
    output: str,
    inserted: float = 0.0,
) -> Tensor:
    """The elements of ``sources`` as ``layout`` says; its -1 are ``inserted``.

    ``output``: the ONNX tensor, for names. ``inserted`` is a number of the sources' own kind, a
    raw byte where they are 8-bit tensors. Raises a refusal for sources of different kinds.
    """
    first = sources[0]
    if len(sources) == 1 and layout.index == tuple(range(prod(first.shape))):
        return _reshaped(reading, node, first, layout.shape, output)
    raw = [s for s in sources if isinstance(s, RawInput)]
    integers = [s for s in sources if isinstance(s, Integer)]
    floats = [s for s in sources if isinstance(s, Float)]
    if len(raw) == len(sources) == 1:
        return _raw(node, raw[0], layout, inserted)
    if len(integers) == len(sources):
        return _bytes(reading, node, integers, layout, output, int(inserted))
    if len(floats) == len(sources):
        joined = _joined(floats, layout, inserted)
        if len(sources) > 1 and any(isinstance(p, Function) for p in joined.parts):
            return replace(joined, parts=tuple(map(without_kernel, joined.parts)))
        return _settled(reading, node, joined, output, kernel=_pulled_through(reading, node))
    raise _refused(node)


def _refused(node: onnx.NodeProto) -> InputError:
    return refusal(
        node,
        "it moves tensors of different kinds, or the result of Softmax or ArgMax",
        "quantize all its inputs, and end the model in Softmax or ArgMax",
    )


def _reshaped(
    reading: Reading, node: onnx.NodeProto, source: Tensor, shape: tuple[int, ...], output: str
) -> Tensor:
    """``source`` with its elements where they are."""
    if isinstance(source, Function):
        return replace(
            source, shape=shape, source=replace(source.source, shape=shape), result=output
        )
    if isinstance(source, Real) and source.integer is not None:
        return replace(source, shape=shape, integer=replace(source.integer, shape=shape))
    if isinstance(source, Real | RealPair | RealMean):
        kept = _pulled_through(reading, node) and not source.clipped
        return replace(source, shape=shape, kernel=source.kernel if kept else None)
    if isinstance(source, RawInput | Integer | Parts):
        return replace(source, shape=shape)
    raise _refused(node)


def _raw(node: onnx.NodeProto, source: RawInput, layout: Layout, inserted: float) -> RawInput:
    if -1 in layout.index and (inserted or source.dtype != "float32"):
        raise refusal(node, "it pads the model's input", "quantize first, or pad floats with 0")
    index = layout.index
    if source.index is not None:
        index = _composed(source.index, index)
    return replace(source, shape=layout.shape, index=index)


def _composed(inner: tuple[int, ...], outer: Sequence[int]) -> tuple[int, ...]:
    return tuple(-1 if i < 0 else inner[i] for i in outer)


def _bytes(
    reading: Reading,
    node: onnx.NodeProto,
    sources: Sequence[Integer],
    layout: Layout,
    output: str,
    inserted: int,
) -> Integer:
    first = sources[0]
    if any((s.zero_point, s.dtype) != (first.zero_point, first.dtype) for s in sources):
        raise refusal(node, "its inputs have different zero points", "use QLinearConcat")
    kernel = first.kernel if all(s.kernel == first.kernel for s in sources) else first.dtype
    names, index = [s.value for s in sources], layout.index
    centred = inserted - first.zero_point
    if centred and -1 in index:
        names.append(constant_level(reading, node, centred, output))
        total = sum(prod(s.shape) for s in sources)
        index = tuple(total if i < 0 else i for i in index)
    value = reading.select(node_name(node), names, index, output)
    return replace(first, shape=layout.shape, value=value, kernel=kernel)


def constant_level(reading: Reading, node: onnx.NodeProto, centred: int, output: str) -> str:
    """One element that is ``centred`` in every sample: a table's only entry, read at 0."""
    assert reading.data is not None  # something was quantized before
    data, name = reading.data.name, f"{node_name(node)}.zero"
    zero = reading.emit("select", name, (data,), f"{output}.zero", index=(-1,))
    name = f"{node_name(node)}.constant"
    return reading.emit("table", name, (zero,), f"{output}.constant", lo=0, table=(centred,))


def _joined(sources: Sequence[Float], layout: Layout, inserted: float) -> Parts:
    """The sources' elements where ``layout`` wants them, each part once."""
    parts: list[Part] = []
    places: list[int] = []
    offset = 0
    for source in sources:
        own = source.parts if isinstance(source, Parts) else (source,)
        size = sum(prod(p.shape) for p in own)
        inner = source.index if isinstance(source, Parts) else range(size)
        places += [-1 if i < 0 else offset + i for i in inner]
        parts += own
        offset += size
    absent = -1
    if inserted and -1 in layout.index:
        parts.append(Level(inserted))
        absent = offset
    index = tuple(absent if i < 0 else places[i] for i in layout.index)
    return _read_only(Parts(layout.shape, tuple(parts), index))


def _read_only(source: Parts) -> Parts:
    """``source`` without the parts that nothing is read from."""
    starts = np.cumsum([0, *(prod(p.shape) for p in source.parts)])
    places: IntArray = np.array(source.index, np.int64)
    kept, total = list[Part](), 0
    index = np.full(len(places), -1, np.int64)
    for part, start, end in zip(source.parts, starts, starts[1:], strict=False):
        here = (places >= start) & (places < end)
        if here.any():
            kept.append(part)
            index[here] = places[here] - start + total
            total += int(end - start)
    return Parts(source.shape, tuple(kept), tuple(map(int, index)))


def _settled(
    reading: Reading, node: onnx.NodeProto, joined: Parts, output: str, *, kernel: bool
) -> Float:
    """One tensor where the parts are alike; what else waits for its QuantizeLinear.

    ``kernel``: whether what computes the one part may still be fused.
    """
    alike = _alike(joined.parts)
    padded = -1 in joined.index
    if alike is not None:
        values = [p.value for p in joined.parts if isinstance(p, Real)]
        value = reading.select(node_name(node), values, joined.index, output)
        assert alike.integer is not None
        integer = replace(alike.integer, shape=joined.shape, value=value)
        return replace(alike, shape=joined.shape, value=value, integer=integer)
    if len(joined.parts) == 1 and (not padded or _plain(joined.parts[0])):
        part = moved_part(reading, node, joined.parts[0], joined.shape, joined.index, output)
        kept = kernel and not padded and not _clipped(part)
        return part if kept else without_kernel(part)
    return replace(joined, parts=tuple(map(without_kernel, joined.parts)))


def _alike(parts: Sequence[Part]) -> Real | None:
    """The first part if all are dequantized 8-bit tensors that differ in their values alone."""
    reals = [p for p in parts if isinstance(p, Real) and not p.clipped]
    kinds = {
        (float(p.scale), p.integer.zero_point, p.integer.dtype, p.integer.kernel)
        for p in reals
        if p.integer is not None
    }
    whole = len(reals) == len(parts) and all(p.integer is not None for p in reals)
    return reals[0] if whole and len(kinds) == 1 else None


def _plain(part: Part) -> bool:
    """Whether 0.0 is nothing but the integer 0."""
    return isinstance(part, Real) and not part.clipped


def _clipped(part: Part) -> bool:
    return not isinstance(part, Function | Level) and part.clipped


def without_kernel(part: Part) -> Part:
    """``part`` as onnxruntime computes it if no QuantizeLinear follows at once: in float32."""
    return part if isinstance(part, Function | Level) else replace(part, kernel=None)


def _pulled_through(reading: Reading, node: onnx.NodeProto) -> bool:
    once = len(reading.readers.get(node.input[0], ())) == 1
    first = node.op_type == "Transpose" or not reading.clipped(node.output[0])
    return node.op_type in PULLED_THROUGH and once and first


def moved_part(
    reading: Reading,
    node: onnx.NodeProto,
    part: Part,
    shape: tuple[int, ...],
    index: Sequence[int],
    output: str,
) -> Part:
    """Elements ``index`` of ``part`` (-1: 0) as a tensor of that shape."""

    def move(value: str) -> str:
        return reading.select(node_name(node), (value,), index, output)

    if isinstance(part, Real):
        return _moved_real(part, shape, index, move)
    if isinstance(part, RealPair):
        return _moved_pair(reading, part, shape, index, move)
    if isinstance(part, RealMean):
        counts = per_element(part.counts, prod(part.shape))
        own = tuple(counts[np.maximum(np.asarray(index, np.int64), 0)].tolist())
        return replace(part, shape=shape, value=move(part.value), counts=own)
    if isinstance(part, Function):
        source = replace(part.source, shape=shape, value=move(part.source.value))
        return Function(shape, source, output)
    return part


def _moved_real(
    part: Real, shape: tuple[int, ...], index: Sequence[int], move: Callable[[str], str]
) -> Real:
    value = move(part.value)
    scale = _moved_scale(part.scale, prod(part.shape), np.asarray(index, np.int64))
    integer = part.integer
    if integer is not None:
        integer = replace(integer, shape=shape, value=value)
    return replace(part, shape=shape, value=value, scale=scale, integer=integer)


def _moved_scale(scale: Floats, size: int, index: IntArray) -> Floats:
    """One scale for each of the largest equal blocks that elements ``index`` fall into."""
    if scale.ndim == 0 or not index.size:
        return scale
    moved = per_element(scale, size)[np.maximum(index, 0)]
    steps = np.flatnonzero(moved[1:] != moved[:-1]) + 1
    if not steps.size:
        return np.asarray(moved[0], np.float32)
    return np.asarray(moved[:: gcd(moved.size, *steps.tolist())], np.float32)


def _moved_pair(
    reading: Reading,
    part: Pair,
    shape: tuple[int, ...],
    index: Sequence[int],
    move: Callable[[str], str],
) -> Pair:
    def moved(operand: Operand) -> Operand:
        if operand.value not in reading.parameters:
            return replace(operand, value=move(operand.value))
        use = reading.uses[operand.value]
        row = use.places[:, list(index)]
        return replace(operand, value=reading.parameter(use.constant, row))

    return replace(part, shape=shape, a=moved(part.a), b=moved(part.b))
