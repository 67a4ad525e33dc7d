"""Requantize by thresholds: any monotone step function of at most 256 steps, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import SoundnessError
from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, int_attr
from .lookup import Lookup
from .size import Size, bits_size, total

STEPS = 256


def steps_of(row: tuple[int, ...]) -> Lookup:
    """Both ends of every step of ``row``, looked up together."""
    return Lookup(8, 0, (row[:-1], row[1:]))


class RequantizeTable(Op):
    """attrs thresholds: one row of 257 a channel or one for all; lo, hi; bits of a step.

    out = lo + q for thresholds[q] <= acc < thresholds[q + 1].
    """

    name = "requantize_table"

    @staticmethod
    def rows(node: Node) -> tuple[tuple[int, ...], ...]:
        rows = node.attrs["thresholds"]
        assert isinstance(rows, tuple)
        return rows

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        if any((np.diff(np.array(row, object)) < 0).any() for row in self.rows(node)):
            raise SoundnessError(
                f"thresholds of {node.name!r} decrease",
                why="an accumulator could stand on two steps",
            )
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        out = np.empty_like(inputs[0])
        blocks = out.reshape(len(out), len(self.rows(node)), -1)
        values = inputs[0].reshape(blocks.shape)
        for channel, row in enumerate(self.rows(node)):
            steps = np.array(row, np.int64)
            blocks[:, channel] = np.searchsorted(steps, values[:, channel], side="right") - 1
        return out + int_attr(node, "lo")

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        rows = self.rows(node)
        shape = (samples, node.output.type.size, int_attr(node, "bits"), int_attr(node, "lo"))
        return Gadget(
            "nn/requantize_table.circom",
            "RequantizeTable",
            (*shape, len(rows), rows),
            node.inputs,
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        one = 2 * int_attr(node, "bits") + 2 + (int_attr(node, "lo") != 0)
        lookups = sum(steps_of(row).constraints for row in self.rows(node))
        size = node.output.type.size
        return samples * (size * one + lookups * (size // len(self.rows(node))))

    def strategy(self, node: Node) -> str:
        return "between two thresholds from a table"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        bits, offset = int_attr(node, "bits"), int(int_attr(node, "lo") != 0)
        checks = bits_size(bits).times(2) + Size(3 + offset, 0, 7 + 3 * offset)
        lookups = total(steps_of(row).size for row in self.rows(node))
        size = samples * node.output.type.size
        return checks.times(size) + lookups.times(size // len(self.rows(node)))

    def enforces(self, node: Node, position: int) -> Interval | None:
        rows = self.rows(node)
        return Interval(min(r[0] for r in rows), max(r[-1] for r in rows) - 1)

    def accepts(self, node: Node, position: int) -> Interval | None:
        rows = self.rows(node)
        return Interval(max(r[0] for r in rows), min(r[-1] for r in rows) - 1)
