"""Conv on the public test set: checked against its fold by the challenge (design 3.4)."""

from __future__ import annotations

from ..ir import Graph, Node
from .base import CHALLENGE, FOLDED, Gadget, int_attr
from .conv import Conv, bias_input, layer
from .size import Size, total


class ConvFolded(Conv):
    """As `Conv`; the output enters as private input and is absorbed before the challenge.

    The fold has an entry for each tap (c, ky, kx) of the whole image, Σ r^row·x over the rows
    i·R + position, and one for the bias. attrs slots, stride: layout of the fold; hash_stride:
    bits an output takes in the sponge.
    """

    name = "conv_folded"
    model_level = False
    uses_challenge = True

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        one = layer(node, graph)
        layout = int_attr(node, "slots"), int_attr(node, "stride")
        shape = one.shape.positions, one.depth, one.groups, one.width, one.biased
        return Gadget(
            "nn/conv_folded.circom",
            "ConvFolded",
            (samples, *shape, *layout),
            (FOLDED, CHALLENGE, node.inputs[1], bias_input(node, one.width), node.output.name),
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        one = layer(node, graph)
        rows = samples * one.shape.positions
        return len(one.blocks(int_attr(node, "slots"))) * (one.depth + one.biased + rows - 1)

    def strategy(self, node: Node) -> str:
        slots, stride = int_attr(node, "slots"), int_attr(node, "stride")
        return f"folded by the verifier, {slots} x {stride} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        one = layer(node, graph)
        rows, products = samples * one.shape.positions, one.depth + one.biased
        return total(
            Size(
                products + rows - 2,
                products * (1 + size) + 2 * (rows - 1) + size - 1,
                2 * products - 1 + (rows - 1) * (1 + size),
            )
            for size in one.blocks(int_attr(node, "slots"))
        )

    def large_wires(self, node: Node, graph: Graph, samples: int) -> int:
        return self.size(node, graph, samples).wires
