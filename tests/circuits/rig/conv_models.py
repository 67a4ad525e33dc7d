"""Tiny networks with convolutions, pools and moved data, one for each way into the circuit."""

from __future__ import annotations

from typing import Any

import numpy as np
from zkpot.compiler.ops.geometry import Geometry

from .models import BYTE, INT32, Model, Task


def windows(
    image: tuple[int, int, int],
    kernel: tuple[int, int],
    output: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    pads: tuple[int, int] = (0, 0),
) -> Geometry:
    return Geometry(image, kernel, strides, (1, 1), pads, output)


class Network(Model):
    """A model under construction, with windows."""

    def conv(self, x: str, at: Geometry, width: int, *, groups: int = 1, bias: bool = True) -> str:
        depth = at.image[0] // groups * at.taps_per_channel
        inputs = [x, self._private("weight", (depth, width), self.weight_limit, BYTE)]
        if bias:
            inputs.append(self._private("bias", (1, width), 99, INT32))
        return self._append("conv", inputs, **at.attrs, groups=groups)

    def pool(self, op: str, x: str, at: Geometry) -> str:
        return self._append(op, [x], **at.attrs)

    def select(self, *inputs: str, index: Any) -> str:
        return self._append("select", inputs, index=tuple(map(int, index)))

    def table(self, x: str, lo: int, outputs: Any) -> str:
        return self._append("table", [x], lo=lo, table=tuple(map(int, outputs)))

    def multiply(self, a: str, b: str) -> str:
        return self._append("multiply", [a, b])


def network(inputs: int, seed: int) -> Network:
    return Network(inputs, np.random.default_rng(seed))


def convolutional() -> Task:
    """LeNet's shape: a padded convolution, maxima, a convolution, maxima with a row left over."""
    net = network(36, 71)
    first = net.conv("data", windows((1, 6, 6), (3, 3), (6, 6), pads=(1, 1)), 2)
    pooled = net.pool("max_pool", net.requantize(first, 2.0**-4), halves(2, 6))
    second = net.conv(pooled, windows((2, 3, 3), (2, 2), (3, 3), pads=(1, 0)), 5)
    hidden = net.pool("max_pool", net.requantize(second, 2.0**-5), halves(5, 3))
    return net.task(net.dense(hidden, 5, 3), 3)


def halves(channels: int, side: int) -> Geometry:
    """2 x 2 windows that leave an odd row and column over."""
    return windows((channels, side, side), (2, 2), (side // 2, side // 2), (2, 2))


def depthwise() -> Task:
    """A strided first layer, one filter a channel, a mean over the image."""
    net = network(2 * 25, 72)
    first = net.conv("data", windows((2, 5, 5), (3, 3), (2, 2), (2, 2)), 3, bias=False)
    hidden = net.requantize(first, (2.0**-4, 0.013, 2.0**-5))
    inner = windows((3, 2, 2), (3, 3), (2, 2), pads=(1, 1))
    filtered = net.requantize(net.conv(hidden, inner, 3, groups=3), 2.0**-4, -128, 127)
    total = net.pool("sum_pool", filtered, windows((3, 2, 2), (2, 2), (1, 1)))
    return net.task(net.dense(net.requantize(total, 0.25, -128, 127), 3, 2), 2)


def two_entries() -> Task:
    """Two layers on the data, of different widths and windows, and their sum."""
    net = network(9, 73)
    left = net.conv("data", windows((1, 3, 3), (2, 2), (2, 2)), 1)
    right = net.dense("data", 9, 4, bias=False)
    both = [net.requantize(one, 2.0**-3) for one in (left, right)]
    total = net.add_quantized(both[0], both[1], (1.0, 0.5, 1.0))
    return net.task(net.dense(total, 4, 3), 2)


def witnessed() -> Task:
    """Data that a table, a product and a layer read: they are a witness."""
    net = network(4, 74)
    bent = net.table("data", -128, np.abs(np.arange(-128, 128)))
    product = net.requantize(net.multiply(bent, "data"), 2.0**-6, -128, 127)
    joined = net.select(product, "data", index=[3, 0, -1, 4, 7, 2])
    return net.task(net.dense(joined, 6, 3), 3)


def refolded() -> Task:
    """Convolutions that a fold inside the circuit proves with less work than packed products."""
    net = network(16, 75)
    first = net.requantize(net.conv("data", windows((1, 4, 4), (1, 1), (4, 4)), 9), 2.0**-4)
    inner = windows((9, 4, 4), (3, 3), (4, 4), pads=(1, 1))
    second = net.requantize(net.conv(first, inner, 9), 2.0**-7)
    outer = windows((9, 4, 4), (3, 3), (2, 2), strides=(2, 2), pads=(1, 1))
    third = net.requantize(net.conv(second, outer, 12, bias=False), 2.0**-7)
    return net.task(net.dense(third, 48, 2), 2)


def left_over() -> Task:
    """Outputs of a private layer that a strided selection skips: nobody else bounds them."""
    net = network(5, 76)
    first = net.requantize(net.dense("data", 5, 4), 2.0**-4)
    second = net.dense(first, 4, 6)
    kept = net.select(second, index=[4, 0, 2])
    return net.task(net.dense(net.requantize(kept, 2.0**-4), 3, 2), 2)


CONVOLUTIONAL = (convolutional, depthwise, two_entries, witnessed, refolded, left_over)
