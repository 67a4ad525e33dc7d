"""Liars about bit decompositions."""

from __future__ import annotations

from rig.calls import Call
from rig.twin import Hint
from zkpot.compiler.field import FIELD

from .liar import Liar, scene

BIT = Hint("lib/bits.circom", "Bits", "bit[i]")
HONEST = "((in + offset) >> i) & 1"


def bits(n: int, offset: int) -> Call:
    return Call("lib/bits.circom", "Bits", (n, offset), ((),), (n - 1,))


inside = scene("133 in 8 bits", bits(8, 128), 5)
below = scene("-1 in 8 bits", bits(8, 128), -129, admitted=False)
above = scene("256 in 8 bits", bits(8, 128), 128, admitted=False)
half = scene("1/2 in 8 bits", bits(8, 0), (FIELD + 1) // 2, admitted=False)
widest = scene("0 in 253 bits", bits(253, 0), 0)

LIARS = [
    Liar(
        "a carry moved down: bits 3 and -1",
        inside,
        {BIT: f"i == 0 ? ({HONEST}) + 2 : (i == 1 ? -1 : {HONEST})"},
        "Bits",
        r"\.bit\[0\]$",
    ),
    Liar(
        "the whole value as one bit",
        inside,
        {BIT: "i == 0 ? in + offset : 0"},
        "Bits",
        r"\.bit\[0\]$",
    ),
    Liar("bits of another number", inside, {BIT: "0"}, "Bits", r"\.in$"),
    Liar("the complement", inside, {BIT: f"1 - ({HONEST})"}, "Bits", r"\.in$"),
    Liar("a negative number as two's complement", below, {BIT: "1"}, "Bits", r"\.in$"),
    Liar("a negative bit", below, {BIT: "i == 0 ? -1 : 0"}, "Bits", r"\.bit\[0\]$"),
    Liar("the bits that are left after overflow", above, {BIT: "0"}, "Bits", r"\.in$"),
    Liar("two in one bit", above, {BIT: "i == 6 ? 2 : 0"}, "Bits", r"\.bit\[6\]$"),
    Liar("a fraction as a bit", half, {BIT: "i == 0 ? in : 0"}, "Bits", r"\.bit\[0\]$"),
    # 0 and p are the same element: 252 bits of p leave 3 for the top one.
    Liar(
        "the field's order for 0",
        widest,
        {BIT: f"({FIELD % (1 << 252)} >> i) & 1"},
        "Bits",
        r"\.bit\[",
    ),
]
