"""Where circuits/ bound a value to a number of bits, and the same with one bit more."""

from __future__ import annotations

import re

WIDTHS = (
    re.compile(r"= Bits\(([^,]+),"),
    re.compile(r"= RangeCheck\([^,]+, ([^,]+),"),
    re.compile(r"= AtMost\(([^,]+),"),
    re.compile(r"= LabelIsArgmax\([^,]+, ([^,]+),"),
    re.compile(r"= Larger\(([^)]+)\)"),
    re.compile(r"= Largest\(.*, (\w+)\);"),
    re.compile(r"= Lookup\(([^,]+),"),
    re.compile(r"= RequantizeShiftOne\(([^,]+),"),
    re.compile(r"= RequantizeLineOne\(([^,]+),"),
    re.compile(r"= RequantizeTableOne\(([^,]+),"),
    re.compile(r"= MaxPoolImage\(.*, (\w+)\);"),
)
"""The width that a component is given, first group."""

BY_HAND = {
    "Bits": (
        "var top = rest * (1 / (1 << (n - 1)));",
        "signal more <-- ((in + offset) >> (n - 1)) & 1; more * (more - 1) === 0;"
        " var top = (rest - more * (1 << (n - 1))) * (1 / (1 << n));",
    ),
    "Larger": (
        "var top = rest * (1 / (1 << (n - 1)));",
        "signal more <-- ((2 * out - a - b) >> (n - 1)) & 1; more * (more - 1) === 0;"
        " var top = (rest - more * (1 << (n - 1))) * (1 / (1 << n));",
    ),
    "LabelIsArgmax": ("n - 1", "n"),
}
"""Templates that decompose by themselves: what would read otherwise for one bit more."""
