"""Dense on the public test set: checked against its fold by the challenge (design 3.4)."""

from __future__ import annotations

from ..ir import Graph, Node
from .base import CHALLENGE, FOLDED, Gadget, int_attr
from .dense import Dense, bias_input, dimensions, group_sizes
from .size import Size, total


class DenseFolded(Dense):
    """As `Dense`; the output enters as private input and is absorbed before the challenge.

    attrs slots, stride: layout of the fold; hash_stride: bits an output takes in the sponge.
    """

    name = "dense_folded"
    circuit_level = True
    uses_challenge = True

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        depth, width, biased = dimensions(node, graph)
        layout = int_attr(node, "slots"), int_attr(node, "stride")
        return Gadget(
            "nn/dense_folded.circom",
            "DenseFolded",
            (samples, depth, width, biased, *layout),
            (FOLDED, CHALLENGE, node.inputs[1], bias_input(node, width), node.output.name),
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        depth, width, biased = dimensions(node, graph)
        groups = -(-width // int_attr(node, "slots"))
        return groups * (depth + biased + samples - 1)

    def strategy(self, node: Node) -> str:
        slots, stride = int_attr(node, "slots"), int_attr(node, "stride")
        return f"folded by the verifier, {slots} x {stride} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        depth, width, biased = dimensions(node, graph)
        rows = depth + biased
        return total(
            Size(
                rows + samples - 2,
                rows * (1 + size) + 2 * (samples - 1) + size - 1,
                2 * rows - 1 + (samples - 1) * (1 + size),
            )
            for size in group_sizes(node, width)
        )
