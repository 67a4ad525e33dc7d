"""What an ONNX tensor is while a model is read: integers with a scale, or something on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ..ir import Attribute, Interval, TensorType
from ..ops.base import IntArray

Floats: TypeAlias = "NDArray[np.float32]"

SIGNED_OFFSET = 128
"""What makes an int8 value and its zero point uint8 ones, their difference unchanged."""

FOUR_BITS: Mapping[str, Interval] = {"int4": Interval(-8, 7), "uint4": Interval(0, 15)}
"""ONNX's integer types that numpy doesn't know."""


def limits(dtype: str) -> Interval:
    """All values of an integer type."""
    if dtype in FOUR_BITS:
        return FOUR_BITS[dtype]
    found = np.iinfo(cast(type, np.dtype(dtype).type))
    return Interval(int(found.min), int(found.max))


@dataclass(frozen=True)
class RawInput:
    """The model's input before it is quantized. ``shape``: one sample's.

    ``index``: where its elements stand in a sample as given, which has ``size`` elements (as in
    the operation select); None if nothing has moved them.
    """

    shape: tuple[int, ...]
    dtype: str
    size: int
    index: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Integer:
    """An 8-bit tensor; ``value`` names its centred integers in the graph.

    ``kernel``: the type of its bytes in onnxruntime's kernels, ``dtype`` or uint8 instead of int8.
    """

    shape: tuple[int, ...]
    value: str
    zero_point: int
    dtype: str
    kernel: str

    @property
    def kernel_zero_point(self) -> int:
        """The zero point of the bytes of type ``kernel``."""
        return self.zero_point + (SIGNED_OFFSET if self.kernel != self.dtype else 0)


class Clippable:
    """What a Relu or Clip may still bound from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def clipped(self) -> bool:
        """Whether a Relu or Clip stands between the values and their reader."""
        return self.low > -math.inf or self.high < math.inf


@dataclass(frozen=True)
class Real(Clippable):
    """A float tensor clip(value·scale, low, high).

    ``scale``: a scalar or one a channel. ``integer``: the 8-bit tensor that it was dequantized
    from; None for an accumulator. ``kernel``: for an accumulator, the type of the bytes that the
    kernel can give which onnxruntime computes it in; None where it can give floats only.
    """

    shape: tuple[int, ...]
    value: str
    scale: Floats
    integer: Integer | None = None
    kernel: str | None = None
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class RealConstant:
    """A dequantized constant; ``integers`` are centred.

    ``scale`` is a scalar or one an index of ``axis``, which is None for a scalar. ``rounded``:
    whether the model has floats, and the integers are these in steps of ``scale``.
    """

    name: str
    integers: IntArray
    scale: Floats
    zero_point: IntArray
    dtype: str
    axis: int | None = None
    rounded: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The constant's own shape."""
        return self.integers.shape

    @property
    def places(self) -> IntArray:
        """The number of each element, in the constant's own shape."""
        return np.arange(self.integers.size).reshape(self.shape)

    @property
    def range(self) -> Interval:
        """What the type admits after centring, over all channels."""
        every, zeros = limits(self.dtype), np.atleast_1d(self.zero_point)
        return Interval(every.lo - int(zeros.max()), every.hi - int(zeros.min()))


@dataclass(frozen=True)
class Use:
    """One way to read a constant: its elements ``places``, of rank 2; -1 is 0, and no element."""

    constant: RealConstant
    places: IntArray

    @property
    def values(self) -> IntArray:
        """The integers that are read."""
        flat = self.constant.integers.reshape(-1)[self.places]
        return np.where(self.places < 0, 0, flat).astype(np.int64)

    @property
    def type(self) -> TensorType:
        """The shape, and what the constant's type admits."""
        return TensorType((self.places.shape[0], self.places.shape[1]), self.constant.range)

    def same(self, other: Use) -> bool:
        """Whether both read the same, whatever numbers the constant holds.

        The last comparison only says no where the first three have missed a difference.
        """
        return (
            self.type == other.type
            and self._stored == other._stored
            and np.array_equal(self.places, other.places)
            and np.array_equal(self.values, other.values)
        )

    @property
    def _stored(self) -> tuple[object, ...]:
        """What makes the constant's integers of the numbers in the model; nothing private."""
        one = self.constant
        steps = one.scale.tolist() if one.rounded else None
        zeros = np.unique(one.zero_point)
        return one.name, steps, zeros.item() if zeros.size == 1 else one.zero_point.tolist()


@dataclass(frozen=True)
class Operand:
    """One side of a quantized sum; ``zero_point`` is the one that onnxruntime's kernel is given."""

    value: str
    scale: float
    zero_point: int


@dataclass(frozen=True)
class RealPair(Clippable):
    """An operation on two dequantized 8-bit tensors, waiting for its QuantizeLinear.

    ``kernel``: the type of both operands' bytes where that is one type, for which onnxruntime has
    an integer kernel; None if it computes in float32.
    """

    shape: tuple[int, ...]
    node: str
    a: Operand
    b: Operand
    kernel: str | None
    low: float = -math.inf
    high: float = math.inf


class RealSum(RealPair):
    """a + b; a difference where one scale is negative."""


class RealProduct(RealPair):
    """a·b."""


@dataclass(frozen=True)
class Function:
    """A float function of each element of the 8-bit tensor ``source``, waiting for its
    QuantizeLinear. ``result``: the ONNX tensor that holds it."""

    shape: tuple[int, ...]
    source: Integer
    result: str


@dataclass(frozen=True)
class Level:
    """One float number that stands in the model itself."""

    value: float

    @property
    def shape(self) -> tuple[int, ...]:
        """It is one element."""
        return (1,)


@dataclass(frozen=True)
class RealMean(Clippable):
    """Means of windows of a dequantized 8-bit tensor, waiting for their QuantizeLinear.

    ``value``: the windows' integer sums; ``scale``, ``interval`` and ``kernel``: of the tensor that
    they are sums of, as in `Real`. ``counts``: what each sum is divided by, one or one an element.
    ``windows``: the pairs of elements in a window and its divisor. ``whole``: whether there is one
    window a channel.
    """

    shape: tuple[int, ...]
    value: str
    scale: np.float32
    interval: Interval
    counts: tuple[int, ...]
    windows: frozenset[tuple[int, int]]
    whole: bool
    kernel: str | None
    low: float = -math.inf
    high: float = math.inf

    @property
    def division(self) -> dict[str, Attribute]:
        """The attributes scale and count of a requantization of the sums.

        A power of two in a count goes to the scale, since it changes no rounding.
        """
        odd = [count // (count & -count) for count in self.counts]
        scales = [float(self.scale) * o / c for o, c in zip(odd, self.counts, strict=True)]
        return {"scale": tuple(scales), "count": tuple(odd)}


Part: TypeAlias = Real | RealPair | RealMean | Function | Level
"""A float tensor that a QuantizeLinear takes."""


@dataclass(frozen=True)
class Parts:
    """Elements of several float tensors, waiting for the QuantizeLinear of them all.

    ``index``: for each element its place in the concatenation of the parts, or -1 for 0.0.
    """

    shape: tuple[int, ...]
    parts: tuple[Part, ...]
    index: tuple[int, ...]


@dataclass(frozen=True)
class Head:
    """Softmax or ArgMax of the tensor ``source``, which is ``logits``: the model's last node."""

    shape: tuple[int, ...]
    source: str
    logits: Real | Integer
    operator: str


Float: TypeAlias = Part | Parts
"""What a QuantizeLinear takes, and only a few operators besides."""

Tensor: TypeAlias = RawInput | Integer | RealConstant | Float | Head
