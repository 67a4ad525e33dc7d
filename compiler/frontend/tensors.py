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


@dataclass(frozen=True)
class RawInput:
    """The model's input before it is quantized. ``shape``: one sample's."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Integer:
    """An 8-bit tensor; ``value`` names its centred integers in the graph."""

    shape: tuple[int, ...]
    value: str
    zero_point: int


@dataclass(frozen=True)
class Real:
    """A float tensor clip(value·scale, low, high).

    ``fused``: onnxruntime computes it in an integer kernel together with the QuantizeLinear behind
    it. ``zero_point``: of the 8-bit tensor it was dequantized from, None for an accumulator.
    """

    shape: tuple[int, ...]
    value: str
    scale: Floats
    fused: bool
    zero_point: int | None = None
    low: float = -math.inf
    high: float = math.inf

    @property
    def clipped(self) -> bool:
        return self.low > -math.inf or self.high < math.inf


@dataclass(frozen=True)
class RealConstant:
    """A dequantized constant; ``integers`` are centred, ``scale`` is a scalar or one a channel."""

    name: str
    integers: IntArray
    scale: Floats
    zero_point: IntArray
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.integers.shape

    @property
    def range(self) -> Interval:
        """What the type admits after centring, over all channels."""
        limits = np.iinfo(cast(type, np.dtype(self.dtype).type))
        zeros = np.atleast_1d(self.zero_point)
        return Interval(int(limits.min) - int(zeros.max()), int(limits.max) - int(zeros.min()))


@dataclass(frozen=True)
class RealSum:
    """The float sum of two dequantized 8-bit tensors, waiting for its QuantizeLinear."""

    shape: tuple[int, ...]
    node: str
    a: Real
    b: Real
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Head:
    """Softmax or ArgMax of ``logits``: only good as the model's output."""

    shape: tuple[int, ...]
    logits: Real | Integer
    operator: str


Tensor: TypeAlias = "RawInput | Integer | Real | RealConstant | RealSum | Head"
