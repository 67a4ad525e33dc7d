"""Which elements of a sample a model reads at all: strides, cuts and floor mode leave some out."""

from __future__ import annotations

import numpy as np

from . import ops
from .ir import Graph, Node
from .ops.base import Mask, int_attr
from .ops.geometry import PADDING, geometry
from .ops.pooling import elements_read

ELEMENTWISE = ("add_quantized", "multiply", "requantize", "scale", "table")


def data_read(graph: Graph) -> Mask:
    """For each element of a sample, whether the output of ``graph`` can depend on it.

    From shapes alone: an element whose weights are all 0 counts as read.
    """
    marked: dict[str, Mask] = {v.name: np.zeros(v.type.size, bool) for v in graph.values().values()}
    marked[graph.output][:] = True
    for node in reversed(graph.nodes):
        for position, name in enumerate(node.inputs):
            marked[name] |= _read(node, graph, position, marked[node.output.name])
    return marked[graph.data.name]


def _read(node: Node, graph: Graph, position: int, outputs: Mask) -> Mask:
    """Elements of input ``position`` that the marked outputs depend on."""
    size = graph.value(node.inputs[position]).type.size
    if node.op == "select":
        copied = ops.of(node).ties(node, graph, position, outputs)
        assert copied is not None  # what a copy is tied to is what was copied
        return copied
    if node.op in ("max_pool", "sum_pool"):
        return elements_read(geometry(node), outputs)
    if node.op == "conv" and position == 0:
        return _under_windows(node, outputs)
    if node.op in ELEMENTWISE and size == outputs.size:
        return outputs
    return np.full(size, outputs.any())


def _under_windows(node: Node, outputs: Mask) -> Mask:
    shape, groups = geometry(node), int_attr(node, "groups")
    channels, height, width = shape.image
    found = np.zeros((groups, channels // groups, height * width), bool)
    computed = outputs.reshape(groups, -1, shape.positions)
    for group in range(groups):
        taps = shape.taps[computed[group].any(axis=0)]
        found[group, :, taps[taps != PADDING]] = True
    return found.reshape(-1)
