"""What pools of either kind ask of their windows."""

from __future__ import annotations

import numpy as np

from .base import Mask
from .geometry import PADDING, Geometry

Axis = list[list[int]]
"""For each window along an axis, where on it the window's taps lie; padding is left out."""


def taps_inside(windows: Geometry) -> tuple[Axis, Axis]:
    """The rows of the image that each row of windows reads, and the same for columns."""

    def along(axis: int) -> Axis:
        size = windows.image[axis + 1]
        starts = [
            o * windows.strides[axis] - windows.pads[axis] for o in range(windows.output[axis])
        ]
        steps = [k * windows.dilations[axis] for k in range(windows.kernel[axis])]
        return [[s + step for step in steps if 0 <= s + step < size] for s in starts]

    return along(0), along(1)


def template_parameters(windows: Geometry) -> tuple[int, ...]:
    """C, H, W, then kernel, strides, dilations, pads and output: what the templates call them."""
    pairs = (windows.kernel, windows.strides, windows.dilations, windows.pads, windows.output)
    return (*windows.image, *(end for pair in pairs for end in pair))


def elements_read(windows: Geometry, outputs: Mask) -> Mask:
    """The elements of a sample that the windows of the marked outputs read."""
    channels, height, width = windows.image
    # One column more, which the taps outside the image (index -1) mark.
    found = np.zeros((channels, height * width + 1), bool)
    channel, position = np.nonzero(outputs.reshape(channels, windows.positions))
    found[channel[:, None], windows.taps[position]] = True
    return found[:, :PADDING].reshape(-1)
