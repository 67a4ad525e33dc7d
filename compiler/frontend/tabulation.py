"""Functions of one 8-bit value as tables, computed by onnxruntime from the model's own nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..ops.base import IntArray
from .constants import opsets_or_latest
from .onnx_file import Array
from .reading import Reading, node_name, refusal
from .region import DATA, Region, region_of
from .single_node import IR_VERSION, session
from .tensors import Function, Integer, limits

LANES = 16
"""Floats in the widest vector register: where in a tensor a value stands may matter up to that."""

TAIL = 3
"""Less than any vector register holds."""

MICROSOFT = "com.microsoft"


@dataclass(frozen=True)
class Tabulated:
    """A function of the 8-bit tensor ``source``; ``entries``: (values of its type, *axes), the
    centred results. ``axes``: a sample's shape, with 1 where the function is the same."""

    source: Integer
    entries: IntArray
    axes: tuple[int, ...]


def quantized_function(
    reading: Reading, node: onnx.NodeProto, source: Function, divisor: Array, zero: Array
) -> str:
    """The centred integers that ``node``, a QuantizeLinear, makes of ``source``; ``zero``: the
    zero point in the type of onnxruntime's kernels."""
    region = region_of(reading, source)
    names = ("8-bit result", "its scale", "its zero point")
    quantize = helper.make_node("QuantizeLinear", [region.result, *names[1:]], names[:1])
    constants = {**region.constants, names[1]: divisor, names[2]: zero}
    whole = Region(names[0], [*region.nodes, quantize], constants, region.moving)
    return tabulated(reading, node, source.source, whole, zero)


def tabulated(
    reading: Reading, node: onnx.NodeProto, source: Integer, region: Region, zero: Array
) -> str:
    """The centred integers of ``region``'s result, bytes with zero point ``zero``.

    Raises a refusal naming ``node`` where onnxruntime's results depend on where in the tensor a
    value stands.
    """
    axes = region.axes(node, source.shape)
    first = limits(source.kernel).lo
    every = np.arange(first, first + 256).astype(source.kernel)

    try:
        run = session(_model(reading, region, source, zero.dtype, axes), optimized=True)
        run.run([region.result], {DATA: np.zeros((1, *axes), source.kernel)})
    except Exception as error:
        # onnxruntime's exceptions have no common base but Exception.
        raise refusal(
            node,
            f"onnxruntime can't run the function before it: {str(error).strip().splitlines()[0]}",
            "export the model for an operator set that this onnxruntime knows",
        ) from error

    def results(values: Array) -> IntArray:
        data = np.broadcast_to(values.reshape(-1, *[1] * len(axes)), (len(values), *axes))
        (found,) = run.run([region.result], {DATA: np.ascontiguousarray(data)})
        return np.asarray(found, np.int64)

    whole = results(every)
    if not _same_everywhere(results, every, whole):
        raise refusal(
            node,
            "onnxruntime rounds some values differently in different places of a tensor",
            "use other scales for its input or output",
        )
    return _emitted(reading, node, Tabulated(source, whole - int(zero), axes))


def _model(
    reading: Reading, region: Region, source: Integer, dtype: np.dtype, axes: tuple[int, ...]
) -> onnx.ModelProto:
    """``region`` as a model of any number of samples."""
    kinds = [helper.np_dtype_to_tensor_dtype(np.dtype(t)) for t in (source.kernel, dtype)]
    shape: list[str | int | None] = ["N", *axes]
    graph = helper.make_graph(
        region.nodes,
        "table",
        [helper.make_tensor_value_info(DATA, kinds[0], shape)],
        [helper.make_tensor_value_info(region.result, kinds[1], shape)],
        [numpy_helper.from_array(value, name) for name, value in region.constants.items()],
    )
    opsets = [o for o in opsets_or_latest(reading.opsets) if o.domain != MICROSOFT]
    domains = [*opsets, helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=IR_VERSION)


def _same_everywhere(results: Callable[[Array], IntArray], every: Array, whole: IntArray) -> bool:
    """Whether values give the same in a tensor too short for registers, and in every lane of one
    and every place behind the last."""
    few = [results(every[i : i + TAIL]) for i in range(0, len(every), TAIL)]
    shifts = range(1, LANES)
    shifted = [results(np.roll(every, -s)[: len(every) - s]) for s in shifts]
    wanted = [np.roll(whole, -s, axis=0)[: len(every) - s] for s in shifts]
    return all(map(np.array_equal, (np.concatenate(few), *shifted), (whole, *wanted)))


def _emitted(reading: Reading, node: onnx.NodeProto, found: Tabulated) -> str:
    """One table, or one for each group of elements that share theirs."""
    source, output = found.source.value, node.output[0]
    interval = reading.types[source].interval
    start = limits(found.source.dtype).lo - found.source.zero_point
    rows = found.entries[interval.lo - start : interval.hi - start + 1]
    columns = rows.reshape(len(rows), -1)
    tables, kinds = np.unique(columns, axis=1, return_inverse=True)
    each = np.broadcast_to(kinds.reshape(found.axes), found.source.shape).reshape(-1)

    def table(k: int, value: str, name: str, result: str) -> str:
        entries = tuple(tables[:, k].tolist())
        if entries == tuple(range(interval.lo, interval.hi + 1)):
            return value
        return reading.emit("table", name, (value,), result, lo=interval.lo, table=entries)

    name = node_name(node)
    if tables.shape[1] == 1:
        return table(0, source, name, output)
    order = np.argsort(each, kind="stable")
    parts = []
    for k in range(tables.shape[1]):
        own = reading.select(
            f"{name}.{k}.in", (source,), np.flatnonzero(each == k).tolist(), f"{output}.{k}.in"
        )
        parts.append(table(k, own, f"{name}.{k}", f"{output}.{k}"))
    return reading.select(name, parts, np.argsort(order).tolist(), output)
