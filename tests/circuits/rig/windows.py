"""Geometries at which pools are tried, and what a pool is by its definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.geometry import Geometry

from .calls import Case, case

GEOMETRIES = [
    # image, kernel, strides, dilations, pads, output
    Geometry((1, 4, 4), (2, 2), (2, 2), (1, 1), (0, 0), (2, 2)),
    Geometry((2, 5, 6), (3, 3), (2, 2), (1, 1), (1, 1), (3, 3)),
    Geometry((1, 1, 7), (1, 3), (1, 1), (1, 2), (0, 2), (1, 7)),
    Geometry((2, 3, 3), (1, 1), (2, 1), (1, 1), (0, 0), (2, 3)),
    Geometry((1, 7, 5), (3, 3), (2, 1), (1, 1), (0, 0), (3, 3)),
    Geometry((2, 5, 5), (2, 3), (3, 2), (2, 1), (1, 0), (2, 3)),
    Geometry((3, 3, 2), (3, 2), (1, 1), (1, 1), (0, 0), (1, 1)),
]
"""No overlap; overlap and borders; one dimension, dilated; single taps; rows that are shared;
columns and rows that no window reads; whole images."""


def flat(size: int, interval: Interval) -> TensorType:
    return TensorType((size,), interval)


def pool_case(op: str, windows: Geometry, samples: int = 2, bits: int = 8, **attrs: Any) -> Case:
    interval = Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    if op == "max_pool":
        attrs |= {"lo": interval.lo, "bits": bits}
    size = int(np.prod(windows.image))
    return case(op, [flat(size, interval)], samples, **windows.attrs, **attrs)


def members(windows: Geometry, channel: int, oy: int, ox: int) -> Iterator[int]:
    """The flat places of a window's elements, padding left out."""
    _, height, width = windows.image
    for ky in range(windows.kernel[0]):
        for kx in range(windows.kernel[1]):
            y = oy * windows.strides[0] + ky * windows.dilations[0] - windows.pads[0]
            x = ox * windows.strides[1] + kx * windows.dilations[1] - windows.pads[1]
            if 0 <= y < height and 0 <= x < width:
                yield (channel * height + y) * width + x


def places(windows: Geometry) -> list[list[int]]:
    """`members` of every output, in order."""
    return [
        list(members(windows, c, oy, ox))
        for c in range(windows.image[0])
        for oy in range(windows.output[0])
        for ox in range(windows.output[1])
    ]


def pooled(windows: Geometry, x: Any, of: Callable[[Iterable[int]], int]) -> list[list[int]]:
    """``of`` (max or sum) over every window of every row of x."""
    return [[of(int(row[e]) for e in window) for window in places(windows)] for row in x]
