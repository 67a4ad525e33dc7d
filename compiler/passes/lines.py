"""The line num·acc + offset through given thresholds, if there is one (design 3.5).

floor((num·acc + offset) / 2^t) >= q exactly when acc >= T_q, for all q at once, means
D_q <= offset < D_q + num with D_q = q·2^t - T_q·num: one interval for the offset, for each num.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..ir import Interval
from ..ops.base import IntArray

MOST_FRACTION_BITS = 40
MOST_CANDIDATES = 4


@dataclass(frozen=True)
class Line:
    """acc -> floor((num·acc + offset) / 2^shift)."""

    num: int
    offset: int
    shift: int


def line_through(thresholds: IntArray, span: Interval) -> Line | None:
    """The line of fewest fraction bits, or None. ``thresholds``: T_1, T_2, …, non-decreasing; what
    is always reached is span.lo, what never is span.hi + 1."""
    slopes = _slopes(thresholds, span)
    if slopes is None:
        return None
    for shift in range(MOST_FRACTION_BITS):
        first = max(math.floor(slopes[0] * 2.0**shift), 1)
        last = min(math.ceil(slopes[1] * 2.0**shift), first + MOST_CANDIDATES)
        for num in range(first, last + 1):
            offset = _offset(thresholds, span, num, shift)
            if offset is not None:
                return Line(num, offset, shift)
    return None


def _slopes(thresholds: IntArray, span: Interval) -> tuple[float, float] | None:
    """Bounds of num / 2^shift, in float64 (candidates are checked exactly afterwards).

    With i reached and j missed, slope·(T_j - 1 - T_i) < q_j - q_i.
    """
    steps = np.arange(1, len(thresholds) + 1, dtype=np.float64)
    reached, missed = thresholds <= span.hi, thresholds > span.lo
    if not reached.any() or not missed.any():
        return None
    run = (thresholds[missed] - 1)[:, None] - thresholds[reached].astype(np.float64)
    rise = steps[missed][:, None] - steps[reached]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = rise / run
    above = slope[(run > 0)]
    below = slope[(run < 0)]
    low, high = max(below.max(initial=0.0), 0.0), above.min(initial=np.inf)
    return (low, high) if low <= high < np.inf else None


def _offset(thresholds: IntArray, span: Interval, num: int, shift: int) -> int | None:
    """The least offset that puts the line through every threshold, or None; exact."""
    steps = np.arange(1, len(thresholds) + 1, dtype=object)
    distance = steps * (1 << shift) - thresholds.astype(object) * num
    least = max(distance[thresholds <= span.hi])
    most = min(distance[thresholds > span.lo])
    return int(least) if least < most + num else None
