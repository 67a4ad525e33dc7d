"""Dense between private tensors: one product for a whole group of outputs (design 3.3)."""

from __future__ import annotations

from ..ir import Graph, Node
from .base import Gadget, int_attr
from .dense import Dense, bias_input, dimensions, group_sizes
from .size import Size


class DensePacked(Dense):
    """attrs slots, stride: ``slots`` outputs a group, ``stride`` bits apart."""

    name = "dense_packed"
    circuit_level = True

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        depth, width, biased = dimensions(node, graph)
        layout = int_attr(node, "slots"), int_attr(node, "stride")
        return Gadget(
            "nn/dense_packed.circom",
            "DensePacked",
            (samples, depth, width, biased, *layout),
            (node.inputs[0], node.inputs[1], bias_input(node, width)),
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        depth, width, _ = dimensions(node, graph)
        sizes = group_sizes(node, width)
        packings = sum(size > 1 for size in sizes)
        return depth * (len(sizes) * samples + packings)

    def strategy(self, node: Node) -> str:
        slots, stride = int_attr(node, "slots"), int_attr(node, "stride")
        return f"packed products, {slots} x {stride} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        depth, width, biased = dimensions(node, graph)
        groups = group_sizes(node, width)
        packed = [size for size in groups if size > 1]
        terms = samples * len(groups) * (depth - 1)
        return Size(
            terms + samples * width + depth * len(packed),
            2 * samples * len(groups) * depth,
            2 * terms + samples * width * (1 + biased) + depth * sum(size + 1 for size in packed),
        )
