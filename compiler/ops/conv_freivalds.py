"""Conv between private tensors, checked by a fold inside the circuit (design 3.6, Freivalds)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import SoundnessError
from ..ir import Graph, Node
from .base import Gadget, Mask, int_attr, powers
from .conv import Conv, Layer, bias_input, layer
from .size import Size, total


@dataclass(frozen=True)
class Fold:
    """The fold of ``samples`` images; names are those of circuits/nn/conv_freivalds.circom."""

    layer: Layer
    blocks: tuple[int, ...]
    samples: int

    @property
    def rows(self) -> int:
        """Rows (sample, position)."""
        return self.samples * self.layer.shape.positions

    @property
    def top(self) -> int:
        """The largest exponent: the number of pixels of all padded images, less one."""
        height, width = (self._reach(axis) + 1 for axis in (0, 1))
        return self.samples * height * width - 1

    @property
    def lowest(self) -> int:
        """The exponent of the last row: the δ of the last tap."""
        s = self.layer.shape
        down, across = ((s.kernel[a] - 1) * s.dilations[a] for a in (0, 1))
        return down * (self._reach(1) + 1) + across

    def _reach(self, axis: int) -> int:
        s = self.layer.shape
        last = (s.output[axis] - 1) * s.strides[axis]
        return last + (s.kernel[axis] - 1) * s.dilations[axis]

    def _inside(self, axis: int) -> Mask:
        """(output, kernel) array: which taps lie in the image."""
        inside: Mask = self._at(axis) >= 0
        return inside & (self._at(axis) < self.layer.shape.image[1 + axis])

    def _at(self, axis: int) -> np.ndarray:
        s = self.layer.shape
        starts = np.arange(s.output[axis]) * s.strides[axis] - s.pads[axis]
        found: np.ndarray = starts[:, None] + np.arange(s.kernel[axis]) * s.dilations[axis]
        return found

    def _read(self, axis: int) -> int:
        """How many lines of the image some window reads."""
        return len(np.unique(self._at(axis)[self._inside(axis)]))

    @property
    def weighted(self) -> int:
        """Products r^E·x. The last pixel's E is 0: where it is a pixel at all, it needs none."""
        free = self._inside(0)[-1, -1] and self._inside(1)[-1, -1]
        pixels = self.samples * self._read(0) * self._read(1) - int(free)
        return self.layer.shape.image[0] * pixels

    def row_sums(self) -> list[tuple[int, int]]:
        """(how many, terms of each), of the row sums that aren't zero or another name of one."""
        if self.layer.shape.positions == 1:
            return []
        terms = self.samples * self._inside(1).sum(0)
        count = self.layer.shape.image[0] * self._read(0)
        return [(count, int(t)) for t in terms if t > 1]

    def taps(self) -> list[int]:
        """Terms of Σ r^E·x for each tap of a channel that some window reads; tap (0, 0) comes
        first, with 0 terms if none reads it."""
        down, across = self._inside(0).sum(0), self._inside(1).sum(0)
        if self.layer.shape.positions == 1:
            down = down * self.samples
        terms = (down[:, None] * (across > 0)).ravel().tolist()
        return [terms[0], *(t for t in terms[1:] if t)]

    @property
    def biases(self) -> int:
        """Products of a block's bias: none where the only row has exponent 0."""
        return self.layer.biased * int(self.top > 0)

    @property
    def named_powers(self) -> bool:
        """Whether the sum of all rows' powers is a signal."""
        return bool(self.layer.biased) and len(self.blocks) > 1 and self.rows > 1

    @property
    def before_blocks(self) -> int:
        """Constraints and wires that all blocks share."""
        shifted = self.layer.shape.image[0] * (len(self.taps()) - 1)
        sums = sum(count for count, _ in self.row_sums())
        return self.weighted + sums + shifted + int(self.named_powers)

    @property
    def products(self) -> int:
        """Products of one block: its taps, its bias, and Horner's."""
        taps = sum(t > 0 for t in self.taps()) * self.layer.shape.image[0]
        return taps + self.biases + self.rows - 1 + int(self.lowest > 0)


def fold(node: Node, graph: Graph, samples: int) -> Fold:
    """The fold that ``node`` is."""
    one = layer(node, graph)
    if one.groups != 1:
        raise SoundnessError(
            f"{node.op} {node.name!r} has {one.groups} groups",
            why="a fold sums over all channels; a grouped convolution is proven by packed products",
        )
    return Fold(one, tuple(one.blocks(int_attr(node, "slots"))), samples)


class ConvFreivalds(Conv):
    """attrs slots, stride: layout of the fold; hash_stride: bits an output takes in the sponge.

    The output enters as private input and is absorbed before the challenge. One group only.
    """

    name = "conv_freivalds"
    model_level = False
    uses_challenge = True

    def powers(self, node: Node, graph: Graph, samples: int) -> int:
        return max(fold(node, graph, samples).top + 1, 2)

    def gadget(self, node: Node, graph: Graph, samples: int) -> Gadget:
        one, count = fold(node, graph, samples).layer, self.powers(node, graph, samples)
        layout = int_attr(node, "slots"), int_attr(node, "stride"), count
        values = node.inputs[0], node.inputs[1], bias_input(node, one.width), node.output.name
        return Gadget(
            "nn/conv_freivalds.circom",
            "ConvFreivalds",
            (samples, *one.window, one.width, one.biased, *layout),
            (powers(count), *values),
        )

    def constraints(self, node: Node, graph: Graph, samples: int) -> int:
        found = fold(node, graph, samples)
        return found.before_blocks + len(found.blocks) * found.products

    def strategy(self, node: Node) -> str:
        slots, stride = int_attr(node, "slots"), int_attr(node, "stride")
        return f"folded in the circuit, {slots} x {stride} bits"

    def size(self, node: Node, graph: Graph, samples: int) -> Size:
        found = fold(node, graph, samples)
        channels = found.layer.shape.image[0]
        shifted = found.taps()[1:]
        parts = [Size(1, 2, 1).times(found.weighted)]
        parts += [Size(1, 0, terms + 1).times(count) for count, terms in found.row_sums()]
        parts += [Size(1, terms + 1, 1).times(channels) for terms in shifted]
        if found.named_powers:
            parts.append(Size(1, 0, found.rows + 1))
        return total([*parts, *(_block(found, size) for size in found.blocks)])

    def large_wires(self, node: Node, graph: Graph, samples: int) -> int:
        return self.size(node, graph, samples).wires


def _block(found: Fold, size: int) -> Size:
    """One block of ``size`` outputs: the products of its taps and bias, then Horner's."""
    channels, (first, *shifted) = found.layer.shape.image[0], found.taps()
    taps = channels * (len(shifted) + (first > 0))
    steps = found.rows - 1
    chain = steps + (found.lowest > 0)
    corner = 1 if found.named_powers else found.rows
    factors = channels * (first + len(shifted)) + taps * size + found.biases * (corner + size)
    factors += 2 * chain + (size - 1 if chain else 0)
    terms = taps + found.biases
    equation = terms if found.lowest else terms - 1 + (1 if steps else size)
    if found.layer.biased and not found.biases:
        equation += size
    named = terms - (found.lowest == 0)
    return Size(named + steps, factors, named + steps * (1 + size) + equation)
