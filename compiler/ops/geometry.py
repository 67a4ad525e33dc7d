"""Windows that slide over an image: what convolutions and pools have in common."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from ..errors import InputError
from ..ir import Attribute, Node
from .base import IntArray, ints_attr

MOST_READS = 1 << 23
"""Elements of a channel that windows read: a few digits in a file can ask for any number."""

PADDING = -1
"""The index of a tap outside the image."""


@dataclass(frozen=True)
class Geometry:
    """Where each window of an image lies. One-dimensional operators have height 1.

    ``image``: channels, height, width; ``pads``: rows above and columns left of the image (what is
    added below and right shows only in ``output``, the windows' rows and columns).
    """

    image: tuple[int, int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int]
    output: tuple[int, int]

    def __post_init__(self) -> None:
        if min(self.image + self.kernel + self.output) < 0 or self.reads > MOST_READS:
            raise InputError(
                f"a window of {self.kernel} slides over an image of {self.image}",
                why=f"its {self.positions} positions read {self.reads} elements of a channel, and "
                f"at most {MOST_READS} are possible",
                remedy="use smaller windows or images",
            )

    @property
    def reads(self) -> int:
        """Elements of one channel that all windows read, padding included."""
        return self.positions * self.taps_per_channel

    @property
    def positions(self) -> int:
        """Windows of one channel."""
        return self.output[0] * self.output[1]

    @property
    def taps_per_channel(self) -> int:
        """Elements of one window."""
        return self.kernel[0] * self.kernel[1]

    @cached_property
    def taps(self) -> IntArray:
        """(positions, kernel) array: each tap's pixel, row·width + column, or `PADDING`."""
        rows, columns = (self._axis(axis) for axis in (0, 1))
        height, width = self.image[1:]
        y, x = rows[:, None, :, None], columns[None, :, None, :]
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        return np.where(inside, y * width + x, PADDING).reshape(self.positions, -1)

    def _axis(self, axis: int) -> IntArray:
        starts = np.arange(self.output[axis]) * self.strides[axis] - self.pads[axis]
        return starts[:, None] + np.arange(self.kernel[axis]) * self.dilations[axis]

    def windows(self, x: IntArray, padding: int = 0) -> IntArray:
        """x: (n, C·H·W) -> (n, C, positions, kernel), with ``padding`` outside the image."""
        channels, height, width = self.image
        flat = x.reshape(len(x), channels, height * width)
        padded = np.concatenate([flat, np.full((len(x), channels, 1), padding, x.dtype)], axis=2)
        return padded[:, :, self.taps]

    @property
    def attrs(self) -> dict[str, Attribute]:
        """As a node's attributes."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def geometry(node: Node) -> Geometry:
    """The geometry in a node's attributes."""

    def pair(name: str) -> tuple[int, int]:
        first, second = ints_attr(node, name)
        return first, second

    channels, height, width = ints_attr(node, "image")
    names = ("kernel", "strides", "dilations", "pads", "output")
    return Geometry((channels, height, width), *map(pair, names))


def flat(depth: int) -> Geometry:
    """The geometry under which a convolution is a dense layer on ``depth`` elements."""
    one = (1, 1)
    return Geometry((depth, 1, 1), one, one, one, (0, 0), one)


def folded_columns(node: Node) -> int:
    """Columns of the data that a fold sums: every tap of every channel."""
    windows = geometry(node)
    return windows.image[0] * windows.taps_per_channel
