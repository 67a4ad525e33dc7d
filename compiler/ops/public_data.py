"""PublicData: the test set as a witness, where its readers are no linear layers."""

from __future__ import annotations

from collections.abc import Sequence

from ..field import PACK_BITS
from ..ir import Graph, Node, TensorType
from .base import FOLDED, Gadget, IntArray, Op
from .size import Size, bits_size


def elements(node: Node, samples: int) -> int:
    """Public inputs that carry the data."""
    slots = PACK_BITS // node.output.type.interval.bits
    return -(-samples * node.output.type.size // slots)


class PublicData(Op):
    """Input the data, output the same values, forced into their declared interval."""

    name = "public_data"

    def infer(self, node: Node, inputs: Sequence[TensorType]) -> TensorType:
        return inputs[0]

    def evaluate(self, node: Node, inputs: Sequence[IntArray]) -> IntArray:
        return inputs[0]

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        interval = node.output.type.interval
        parameters = (samples, node.output.type.size, interval.bits, interval.lo)
        return Gadget("nn/public_data.circom", "PublicData", parameters, (FOLDED,))

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        values, interval = samples * node.output.type.size, node.output.type.interval
        # An element that is its one value is that signal and needs no equation.
        alias = interval.lo == 0 and values % (PACK_BITS // interval.bits) == 1
        return values * interval.bits + elements(node, samples) - alias

    def strategy(self, node: Node) -> str:
        return f"packed public inputs, {node.output.type.interval.bits} bits a value"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        values, packed = samples * node.output.type.size, elements(node, samples)
        bits = bits_size(node.output.type.interval.bits) + Size(1, 0, 1)
        return bits.times(values) + Size(0, 0, 2).times(packed)
