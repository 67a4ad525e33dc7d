"""The windows of convolutions and pools, as their ONNX attributes say."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from ..errors import InputError
from ..ops.geometry import Geometry
from .onnx_file import attribute
from .reading import refusal

SAME = ("SAME_UPPER", "SAME_LOWER")


@dataclass(frozen=True)
class Axis:
    """Windows along one axis: ``pads`` before and behind it, ``output`` windows."""

    size: int
    kernel: int
    stride: int
    dilation: int
    pads: tuple[int, int]
    output: int


UNIT = Axis(1, 1, 1, 1, (0, 0), 1)
"""The second axis of what has only one."""


@dataclass(frozen=True)
class Windows:
    """Windows over samples of shape (channels, *sizes of ``axes``)."""

    channels: int
    axes: tuple[Axis, ...]

    @property
    def geometry(self) -> Geometry:
        """The same in two dimensions; one-dimensional images have height 1."""
        rows, columns = self.axes if len(self.axes) == 2 else (UNIT, *self.axes)
        return Geometry(
            (self.channels, rows.size, columns.size),
            (rows.kernel, columns.kernel),
            (rows.stride, columns.stride),
            (rows.dilation, columns.dilation),
            (rows.pads[0], columns.pads[0]),
            (rows.output, columns.output),
        )

    @property
    def spatial(self) -> tuple[int, ...]:
        """How many windows there are along each axis."""
        return tuple(axis.output for axis in self.axes)

    @property
    def whole_image(self) -> bool:
        """Whether there is one window, the whole image."""
        return all(a.kernel == a.size and a.pads == (0, 0) and a.dilation == 1 for a in self.axes)


def channels_last(node: onnx.NodeProto, why: str) -> InputError:
    """The refusal of what only onnxruntime's optimizer writes."""
    remedy = "give the model as it was quantized, with channels first, not as onnxruntime saved it"
    return refusal(node, why, remedy)


def image_shape(node: onnx.NodeProto, shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape``, if it is that of one- or two-dimensional images: (C, L) or (C, H, W)."""
    if len(shape) not in (2, 3):
        raise refusal(
            node,
            f"its input's samples have shape {list(shape)}",
            "one- and two-dimensional windows are supported: samples of shape [C, L] or [C, H, W]",
        )
    return shape


def windows(node: onnx.NodeProto, shape: tuple[int, ...], kernel: tuple[int, ...]) -> Windows:
    """The windows of size ``kernel`` that ``node`` takes of samples of ``shape``."""
    channels, *sizes = image_shape(node, shape)
    rank = len(sizes)
    given = tuple(int(k) for k in attribute(node, "kernel_shape", kernel))
    if given != kernel or len(kernel) != rank:
        raise refusal(
            node,
            f"a kernel of shape {list(given)} meets samples of shape {list(shape)}",
            "give the kernel one size for each axis behind the channels",
        )
    strides, dilations = (_each(node, name, rank, 1) for name in ("strides", "dilations"))
    pads = _each(node, "pads", 2 * rank, 0)
    if min(pads) < 0 or min(*strides, *dilations, *kernel) < 1:
        raise refusal(node, "its kernel, strides, dilations or pads are negative", "export again")
    axes = tuple(
        _axis(node, sizes[i], kernel[i], strides[i], dilations[i], (pads[i], pads[rank + i]))
        for i in range(rank)
    )
    return Windows(channels, axes)


def _each(node: onnx.NodeProto, name: str, count: int, default: int) -> tuple[int, ...]:
    values = tuple(int(v) for v in attribute(node, name, ())) or (default,) * count
    if len(values) != count:
        raise refusal(node, f"its attribute {name} is {list(values)}", f"give it {count} values")
    return values


def _axis(
    node: onnx.NodeProto, size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]
) -> Axis:
    automatic = attribute(node, "auto_pad", b"NOTSET").decode() or "NOTSET"
    if automatic in SAME:
        output = -(-size // stride)
        pads = _same(node, automatic, (output - 1) * stride + kernel - size, dilation)
    elif automatic in ("VALID", "NOTSET"):
        pads = pads if automatic == "NOTSET" else (0, 0)
        output = _count(node, size, dilation * (kernel - 1) + 1, stride, pads)
    else:
        raise refusal(node, f"its auto_pad is {automatic!r}", "give explicit pads")
    return Axis(size, kernel, stride, dilation, pads, output)


def _same(node: onnx.NodeProto, automatic: str, needed: int, dilation: int) -> tuple[int, int]:
    """Pads that make the output as large as the input over the stride."""
    # onnxruntime refuses some of these, and crops the image for others.
    if dilation != 1 or needed < -1:
        raise refusal(
            node,
            f"its auto_pad is {automatic} with dilations, or with strides beyond its kernel",
            "give explicit pads",
        )
    total = max(needed, 0)
    before = total // 2 if automatic == "SAME_UPPER" else (total + 1) // 2
    return before, total - before


def _count(node: onnx.NodeProto, size: int, extent: int, stride: int, pads: tuple[int, int]) -> int:
    """Windows along an axis. With ceil_mode, the last may stick out, but starts inside the image
    or the pad before it."""
    room = size + sum(pads) - extent
    if room < 0:
        raise refusal(
            node, f"its kernel spans {extent} of {size + sum(pads)} elements", "use a smaller one"
        )
    if not attribute(node, "ceil_mode", 0):
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + pads[0] else count
