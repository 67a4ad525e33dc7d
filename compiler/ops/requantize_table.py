"""Requantize by thresholds: any monotone step function of at most 256 steps, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, int_attr
from .size import Size

STEPS = 256


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
        return TensorType(inputs[0].shape, Interval(int_attr(node, "lo"), int_attr(node, "hi")))

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        rows = self.rows(node)
        out = np.empty_like(inputs[0])
        for channel in range(out.shape[-1]):
            row = np.array(rows[channel % len(rows)], np.int64)
            out[..., channel] = np.searchsorted(row, inputs[0][..., channel], side="right") - 1
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
        one = 2 * int_attr(node, "bits") + (66 if int_attr(node, "lo") else 65)
        return samples * node.output.type.size * one

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        # As if both tables' polynomials were full, which those of a linear table are not.
        bits, offset = int_attr(node, "bits"), int(int_attr(node, "lo") != 0)
        one = Size(2 * bits + 63, 10 * bits + 392, 120 + 3 * offset)
        return one.times(samples * node.output.type.size)

    def enforces(self, node: Node, position: int) -> Interval | None:
        rows = self.rows(node)
        return Interval(min(r[0] for r in rows), max(r[-1] for r in rows) - 1)

    def accepts(self, node: Node, position: int) -> Interval | None:
        rows = self.rows(node)
        return Interval(max(r[0] for r in rows), min(r[-1] for r in rows) - 1)
