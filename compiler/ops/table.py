"""Table: any function of one 8-bit value, entry by entry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, int_attr, ints_attr
from .lookup import Lookup
from .size import Size

MOST_ENTRIES = 256


def table_bits(entries: int) -> int:
    """Bits of a table's index; no decomposition has fewer than two."""
    return max((entries - 1).bit_length(), 2)


def extended(node: Node) -> tuple[int, ...]:
    """The table filled up to a power of two with its last entry."""
    table = ints_attr(node, "table")
    return table + table[-1:] * ((1 << table_bits(len(table))) - len(table))


class Table(Op):
    """attrs lo, table: out = table[x - lo]. Between the table's end and the power of two that it
    is filled up to, out is the table's last entry; further out there is no assignment."""

    name = "table"
    model_level = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        lo, table, interval = int_attr(node, "lo"), ints_attr(node, "table"), inputs[0].interval
        domain = Interval(lo, lo + len(table) - 1)
        if len(table) > MOST_ENTRIES or interval not in domain:
            raise InputError(
                f"the table of node {node.name!r} does not fit its input",
                why=f"it has {len(table)} entries, from {domain.lo} to {domain.hi}; the input"
                f" lies in [{interval.lo}, {interval.hi}]",
                remedy=f"at most {MOST_ENTRIES} entries that hold all of the input's interval",
            )
        reached = table[interval.lo - lo : interval.hi - lo + 1]
        return TensorType(inputs[0].shape, Interval(min(reached), max(reached)))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        entries = np.array(extended(node), np.int64)
        index = inputs[0] - int_attr(node, "lo")
        if index.size and not 0 <= index.min() <= index.max() < len(entries):
            raise InputError(
                f"an input of node {node.name!r} lies outside its table",
                why=f"the table starts at {int_attr(node, 'lo')} and has {len(entries)} entries",
                remedy="check the range of the data",
            )
        return entries[index]

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        table = extended(node)
        shape = (samples, node.output.type.size, table_bits(len(table)), int_attr(node, "lo"))
        return Gadget("nn/table.circom", "Table", (*shape, table), node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return samples * node.output.type.size * lookup(node).constraints

    def strategy(self, node: Node) -> str:
        return f"table of {len(ints_attr(node, 'table'))} entries"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        return lookup(node).size.times(samples * node.output.type.size)

    def enforces(self, node: Node, position: int) -> Interval | None:
        lo, table = int_attr(node, "lo"), extended(node)
        return Interval(lo, lo + len(table) - 1)


def lookup(node: Node) -> Lookup:
    """What one element's gadget looks up."""
    table = extended(node)
    return Lookup(table_bits(len(table)), -int_attr(node, "lo"), (table,))
