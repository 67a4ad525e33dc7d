"""Linear layers at which their circuits are tried, and window by window what they compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from zkpot.compiler.field import FIELD
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.geometry import Geometry, flat

from .calls import Case, case

X, WEIGHT, BIAS = Interval(-127, 128), Interval(-127, 127), Interval(-1000, 1000)


@dataclass(frozen=True)
class Shape:
    """A layer of ``width`` outputs on ``samples`` images."""

    geometry: Geometry
    samples: int
    width: int
    biased: bool
    slots: int
    rows: int = 1
    groups: int = 1

    @property
    def depth(self) -> int:
        return self.geometry.image[0] // self.groups * self.geometry.taps_per_channel

    def case(self, op: str) -> Case:
        """A node of ``op`` with a stride that just fits; ``rows`` only where it takes them."""
        channels, height, width = self.geometry.image
        types = [TensorType((channels * height * width,), X)]
        types.append(TensorType((self.depth, self.width), WEIGHT))
        if self.biased:
            types.append(TensorType((1, self.width), BIAS))
        attrs = {**self.geometry.attrs, "groups": self.groups}
        private = range(1, len(types))
        bits = case("conv", types, parameters=private, **attrs).node.output.type.interval.bits
        layout = {"slots": self.slots, "stride": bits}
        if op == "conv_packed":
            layout["rows"] = self.rows
        return case(op, types, self.samples, private, **attrs, **layout)


def window(
    image: tuple[int, int, int],
    kernel: tuple[int, int],
    output: tuple[int, int],
    *,
    strides: tuple[int, int] = (1, 1),
    dilations: tuple[int, int] = (1, 1),
    pads: tuple[int, int] = (0, 0),
) -> Geometry:
    return Geometry(image, kernel, strides, dilations, pads, output)


PADDED = window((2, 4, 5), (3, 2), (4, 4), pads=(1, 0))
DILATED = window((1, 7, 6), (2, 3), (3, 6), strides=(2, 1), dilations=(2, 1), pads=(0, 1))
LINE = window((2, 1, 6), (1, 3), (1, 6), pads=(0, 1))
POINTS = window((3, 1, 4), (1, 1), (1, 4))
SAME = window((3, 3, 3), (3, 3), (3, 3), pads=(1, 1))
PIXEL = window((2, 1, 1), (3, 3), (1, 1), pads=(1, 1))
BORDER = window((1, 2, 2), (1, 1), (4, 4), pads=(1, 1))
WHOLE = window((2, 2, 3), (2, 3), (1, 1))
GAPS = window((1, 5, 5), (1, 2), (3, 2), strides=(2, 3))
HALVES = window((4, 3, 3), (2, 2), (2, 2))

LAYERS = [
    Shape(flat(1), 1, 1, False, 1),
    Shape(flat(4), 2, 3, True, 2),
    Shape(flat(5), 3, 4, True, 4, 2),
    Shape(flat(3), 5, 5, False, 2, 3),
    Shape(flat(6), 1, 12, True, 11),
    Shape(flat(1), 2, 3, True, 3, 4),
    Shape(PADDED, 1, 3, True, 2, 5),
    Shape(PADDED, 3, 5, False, 3, 3),
    Shape(DILATED, 2, 2, True, 1, 7),
    Shape(LINE, 2, 3, True, 3),
    Shape(POINTS, 3, 4, False, 2, 4),
    Shape(SAME, 1, 2, True, 2, 9),
    Shape(PIXEL, 3, 4, True, 3, 2),
    Shape(BORDER, 2, 3, True, 2, 2),
    Shape(BORDER, 1, 1, False, 1, 2),
    Shape(WHOLE, 1, 3, True, 2),
    Shape(WHOLE, 2, 2, False, 2, 2),
    Shape(GAPS, 2, 3, False, 2, 3),
    Shape(HALVES, 2, 6, True, 4, 2),
]
GROUPED = [
    Shape(SAME, 2, 3, True, 1, 12, groups=3),
    Shape(SAME, 1, 6, False, 2, 2, groups=3),
    Shape(HALVES, 3, 6, True, 2, 5, groups=2),
    Shape(LINE, 1, 2, True, 1, 6, groups=2),
]
EVERY = [*LAYERS, *GROUPED]


def fitting(shapes: Sequence[Shape]) -> list[Shape]:
    """``shapes`` with as many rows as 253 bits hold."""
    found = []
    for one in shapes:
        bits = one.case("conv_folded").node.attrs["stride"]
        found.append(replace(one, rows=min(one.rows, 253 // (bits * one.slots))))
    return found


def windows(shape: Shape, x: np.ndarray) -> list[list[list[int]]]:
    """For each sample and window, the taps (c, ky, kx) of all channels, as Python integers."""
    g = shape.geometry
    channels, height, width = g.image
    found = []
    for sample in x.reshape(-1, channels, height, width).tolist():
        rows = []
        for oy, ox in np.ndindex(*g.output):
            taps = []
            for c, ky, kx in np.ndindex(channels, *g.kernel):
                row = oy * g.strides[0] + ky * g.dilations[0] - g.pads[0]
                column = ox * g.strides[1] + kx * g.dilations[1] - g.pads[1]
                inside = 0 <= row < height and 0 <= column < width
                taps.append(sample[c][row][column] if inside else 0)
            rows.append(taps)
        found.append(rows)
    return found


def exact(
    shape: Shape, x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    """(n, M·R) outputs, channel by channel, one multiplication after the other."""
    found = []
    for rows in windows(shape, x):
        for m in range(shape.width):
            start = m // (shape.width // shape.groups) * shape.depth
            column = weight[:, m].tolist()
            for taps in rows:
                part = taps[start : start + shape.depth]
                total = sum(a * b for a, b in zip(part, column, strict=True))
                found.append(total + (0 if bias is None else int(bias[0, m])))
    return np.array(found).reshape(shape.samples, -1)


def tensors(shape: Shape, rng: np.random.Generator, *, extreme: bool = False) -> list[np.ndarray]:
    """x, weight, and the bias if there is one, in their intervals or at the ends of them."""
    one = shape.case("conv_folded")
    found = []
    for name in one.node.inputs:
        value = one.graph.value(name).type
        size = value.shape if one.graph.is_parameter(name) else (shape.samples, *value.shape)
        lo, hi = value.interval.lo, value.interval.hi
        found.append(rng.choice([lo, hi], size) if extreme else rng.integers(lo, hi + 1, size))
    return found


def fold(shape: Shape, x: np.ndarray, r: int) -> list[int]:
    """u: Σ r^row·x for each tap, rows sample by sample and window by window, and Σ r^row."""
    rows = [taps for sample in windows(shape, x) for taps in sample]
    columns = [*zip(*rows, strict=True), *([[1] * len(rows)] if shape.biased else [])]
    return [sum(pow(r, i, FIELD) * v for i, v in enumerate(c)) % FIELD for c in columns]
