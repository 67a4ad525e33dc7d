"""Requirement: pools and convolutions. Ensures: no row or column is computed that a pool skips.

Floor-mode pooling leaves the image's last rows and columns unread. Where a convolution and what
follows it element by element have that pool as their only reader, the image ends where it stops.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ir import Graph, Node, TensorType, Value
from ..ops.base import ints_attr
from ..ops.geometry import PADDING, geometry
from ..program import Program
from .lower_requantize import channels_of

POOLS = ("max_pool", "sum_pool")
ELEMENTWISE = ("requantize", "table")


def _read(pool: Node) -> tuple[int, int]:
    """Rows and columns of the image up to the last that a window reads."""
    windows = geometry(pool)
    taps = windows.taps[windows.taps != PADDING]
    if not taps.size:
        return windows.image[1], windows.image[2]
    rows, columns = np.divmod(taps, windows.image[2])
    return int(rows.max()) + 1, int(columns.max()) + 1


def _chain(pool: Node, graph: Graph) -> list[Node]:
    """The nodes from a convolution up to ``pool``, each read by the next alone; [] if none."""
    found: list[Node] = []
    name = pool.inputs[0]
    while (node := graph.producer(name)) is not None:
        if len(list(graph.consumers(name))) != 1 or name == graph.output:
            return []
        found.append(node)
        if node.op == "conv":
            same = ints_attr(node, "output") == ints_attr(pool, "image")[1:]
            return found if same else []
        if node.op not in ELEMENTWISE or _differs_in_image(node, pool):
            return []
        name = node.inputs[0]
    return []


def _differs_in_image(node: Node, pool: Node) -> bool:
    """Whether pixels of a channel are requantized in different ways."""
    return node.op == "requantize" and geometry(pool).image[0] % channels_of(node) != 0


def _cut(node: Node, channels: int, rows: int, columns: int) -> Node:
    shape = TensorType((channels * rows * columns,), node.output.type.interval)
    cut = replace(node, output=Value(node.output.name, shape))
    return cut.with_attrs(output=(rows, columns)) if node.op == "conv" else cut


def trim(program: Program) -> Program:
    """``program`` with such images cut."""
    graph = program.graph
    cut: dict[str, Node] = {}
    for pool in (n for n in graph.nodes if n.op in POOLS):
        channels, height, width = geometry(pool).image
        rows, columns = _read(pool)
        chain = _chain(pool, graph)
        if chain and (rows, columns) != (height, width):
            cut.update({n.output.name: _cut(n, channels, rows, columns) for n in chain})
            cut[pool.output.name] = pool.with_attrs(image=(channels, rows, columns))
    return program.with_nodes(tuple(cut.get(n.output.name, n) for n in graph.nodes))
