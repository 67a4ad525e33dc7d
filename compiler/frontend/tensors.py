"""What an ONNX tensor is while a model is read: integers with a scale, or something on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ..ir import Interval
from ..ops.base import IntArray

Floats: TypeAlias = "NDArray[np.float32]"

SIGNED_OFFSET = 128
"""What makes an int8 value and its zero point uint8 ones, their difference unchanged."""


def limits(dtype: str) -> Interval:
    """All values of an integer type."""
    found = np.iinfo(cast(type, np.dtype(dtype).type))
    return Interval(int(found.min), int(found.max))


@dataclass(frozen=True)
class RawInput:
    """The model's input before it is quantized. ``shape``: one sample's."""

    shape: tuple[int, ...]
    dtype: str


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


@dataclass(frozen=True)
class Real:
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

    @property
    def clipped(self) -> bool:
        """Whether a Relu or Clip stands between the values and their reader."""
        return self.low > -math.inf or self.high < math.inf


@dataclass(frozen=True)
class RealConstant:
    """A dequantized constant; ``integers`` are centred.

    ``scale`` is a scalar or one an index of ``axis``, which is None for a scalar.
    """

    name: str
    integers: IntArray
    scale: Floats
    zero_point: IntArray
    dtype: str
    axis: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The constant's own shape."""
        return self.integers.shape

    @property
    def range(self) -> Interval:
        """What the type admits after centring, over all channels."""
        every, zeros = limits(self.dtype), np.atleast_1d(self.zero_point)
        return Interval(every.lo - int(zeros.max()), every.hi - int(zeros.min()))


@dataclass(frozen=True)
class Operand:
    """One side of a quantized sum; ``zero_point`` is the one that onnxruntime's kernel is given."""

    value: str
    scale: float
    zero_point: int


@dataclass(frozen=True)
class RealSum:
    """The sum of two dequantized 8-bit tensors, waiting for its QuantizeLinear.

    ``kernel``: the type of both operands' bytes where that is one type, for which onnxruntime has
    an integer kernel; None if it adds in float32.
    """

    shape: tuple[int, ...]
    node: str
    a: Operand
    b: Operand
    kernel: str | None
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Head:
    """Softmax or ArgMax of the tensor ``source``, which is ``logits``: the model's last node."""

    shape: tuple[int, ...]
    source: str
    logits: Real | Integer
    operator: str


Tensor: TypeAlias = "RawInput | Integer | Real | RealConstant | RealSum | Head"
