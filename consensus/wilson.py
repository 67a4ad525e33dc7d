"""How much an accuracy on n samples says about the accuracy on all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The standard normal distribution's 97.5% quantile."""


@dataclass(frozen=True)
class Interval:
    """Shares within [0, 1], ends included."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether the two have a share in common."""
        return self.low <= other.high and other.low <= self.high


def wilson(correct: int, samples: int, z: float = Z95) -> Interval:
    """Wilson's score interval for ``correct`` of ``samples`` successes, 95% by default.

    E. B. Wilson, JASA 22 (1927): the shares q with |correct/n − q| ≤ z·√(q(1 − q)/n), that is the
    roots of a quadratic in q. Unlike the normal interval it doesn't collapse at 0 and n.
    Raises ValueError unless 0 ≤ correct ≤ samples and samples ≥ 1.
    """
    if not 0 <= correct <= samples or samples < 1:
        raise ValueError(f"{correct} of {samples} is no share")
    share, weight = correct / samples, z * z / samples
    centre = share + weight / 2
    spread = z * math.sqrt(share * (1 - share) / samples + weight / (4 * samples))
    low = 0.0 if correct == 0 else (centre - spread) / (1 + weight)
    high = 1.0 if correct == samples else (centre + spread) / (1 + weight)
    return Interval(low, high)
