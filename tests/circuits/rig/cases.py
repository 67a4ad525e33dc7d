"""Parameters at which primitives are tried, and the cases made of them."""

from __future__ import annotations

from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.ops.requantize_line import wide_bits
from zkpot.compiler.ops.requantize_shift import window_width

from .calls import Case, case

SHIFTS = [
    # shifts, lo, hi, bits beyond the fewest
    ((0,), -128, 127, 0),
    ((0, 1), -127, 128, 2),
    ((1,), 0, 255, 0),
    ((1,), -127, 127, 0),
    ((2, 5, 1), -128, 127, 3),
    ((3,), -3, 200, 1),
    ((3,), -101, 154, 0),
    ((4,), -1, 0, 0),
    ((4,), 0, 1, 5),
    ((6, 1), -17, 99, 0),
    ((9,), 0, 127, 1),
    ((9,), -128, 0, 1),
    ((12,), 3, 250, 0),
    ((30,), -128, 127, 4),
]


def fewest(lo: int, hi: int, shift: int) -> int:
    return shift + window_width(lo, hi) + 1


def shift_case(shifts: tuple[int, ...], lo: int, hi: int, extra: int, samples: int) -> Case:
    bits = max(fewest(lo, hi, s) for s in shifts) + extra
    channels = max(len(shifts), 2)
    x = TensorType((channels,), Interval(-10, 10))
    shift = shifts if len(shifts) == channels else shifts[:1]
    return case("requantize_shift", [x], samples, shift=shift, lo=lo, hi=hi, bits=bits)


LINES = [
    # ((num, offset, shift) a channel or for all, lo, hi, low, bits)
    (((5, 640, 4),), -128, 127, -2048, 12),
    (((3, -7, 9), (77, 10_000, 13)), 0, 255, -100, 14),
    (((1, 0, 3),), -7, 92, -300, 11),
    (((65_537, -(1 << 19), 21), (1, 5, 1)), -1, 0, -(1 << 18), 19),
    (((9, 100, 0),), 3, 200, -50, 2),
]


def line_case(
    lines: tuple[tuple[int, int, int], ...], lo: int, hi: int, low: int, bits: int, *, samples: int
) -> Case:
    """A `requantize_line` of two channels, as wide as it must be."""
    admitted, width = Interval(low, low + (1 << bits) - 1), window_width(lo, hi)
    num, offset, shift = zip(*lines, strict=True)
    wide = tuple(wide_bits(*line, width, admitted) for line in lines)
    x = TensorType((2,), admitted)
    attrs = {"num": num, "offset": offset, "shift": shift, "wide": wide, "low": low, "bits": bits}
    return case("requantize_line", [x], samples, **attrs, lo=lo, hi=hi)
