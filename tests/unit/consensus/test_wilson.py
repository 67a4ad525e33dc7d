"""Wilson's interval against the inversion of the test that defines it, and a published table."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zkpot.consensus.wilson import Z95, Interval, wilson


def inverted(correct: int, samples: int) -> tuple[float, float]:
    """Bisects, in exact fractions, for the q at which (k/n − q)² = z²·q(1 − q)/n."""
    share, z = Fraction(correct, samples), Fraction(Z95)

    def inside(q: Fraction) -> bool:
        return (share - q) ** 2 <= z * z * q * (1 - q) / samples

    ends = []
    for end in (Fraction(0), Fraction(1)):
        within, without = share, end
        if share == end:
            ends.append(float(end))
            continue
        for _ in range(60):
            middle = (within + without) / 2
            within, without = (middle, without) if inside(middle) else (within, middle)
        ends.append(float(within))
    return ends[0], ends[1]


@pytest.mark.parametrize(
    ("correct", "samples", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: to four places.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(correct, samples, low, high):
    interval = wilson(correct, samples)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_inverts_the_score_test(counts):
    interval = wilson(*counts)
    low, high = inverted(*counts)
    assert interval.low == pytest.approx(low, abs=1e-9)
    assert interval.high == pytest.approx(high, abs=1e-9)
    assert 0 <= interval.low <= counts[0] / counts[1] <= interval.high <= 1


def test_the_design_s_half_widths():
    """At 90%: ±5.9 points for n = 100, ±1.9 for 1,000."""
    for samples, points in ((100, 5.9), (1000, 1.9)):
        interval = wilson(samples * 9 // 10, samples)
        assert math.isclose(50 * (interval.high - interval.low), points, abs_tol=0.06)


@pytest.mark.parametrize(("correct", "samples"), [(-1, 5), (6, 5), (0, 0)])
def test_no_share(correct, samples):
    with pytest.raises(ValueError, match="no share"):
        wilson(correct, samples)


def test_overlap_includes_the_ends():
    assert Interval(0.1, 0.2).overlaps(Interval(0.2, 0.3))
    assert Interval(0.2, 0.3).overlaps(Interval(0.1, 0.2))
    assert not Interval(0.1, 0.2).overlaps(Interval(0.21, 0.3))
    assert Interval(0.0, 1.0).overlaps(Interval(0.4, 0.5))
