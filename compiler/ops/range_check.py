"""RangeCheck: the identity, with its input's interval enforced."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Graph, Interval, Node, TensorType
from .base import Gadget, IntArray, Op, int_attr
from .size import Size, bits_size


class RangeCheck(Op):
    """attrs lo, bits: forces [lo, lo + 2^bits)."""

    name = "range_check"
    passes_on = True

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        enforced = self.enforces(node, 0)
        assert enforced is not None
        return TensorType(inputs[0].shape, enforced)

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return inputs[0]

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        size = node.output.type.size
        parameters = (samples, size, int_attr(node, "bits"), int_attr(node, "lo"))
        return Gadget("nn/range_check.circom", "RangeChecked", parameters, node.inputs)

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        return samples * node.output.type.size * int_attr(node, "bits")

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        return bits_size(int_attr(node, "bits")).times(samples * node.output.type.size)

    def strategy(self, node: Node) -> str:
        return f"{int_attr(node, 'bits')} bits"

    def enforces(self, node: Node, position: int) -> Interval | None:
        lo = int_attr(node, "lo")
        return Interval(lo, lo + (1 << int_attr(node, "bits")) - 1)

    def preimage(self, node: Node, output: Interval) -> Interval:
        return output
