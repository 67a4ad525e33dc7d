"""Liars about which of two values is the larger, and what a bound on it does to the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from rig.calls import Call, case
from rig.twin import Hint
from zkpot.compiler.field import FIELD
from zkpot.compiler.ir import Interval, TensorType

from . import conv
from .liar import Liar, scene

FILE = "nn/max_pool.circom"
LARGER = Hint(FILE, "Larger", "out")
BIT = Hint(FILE, "Larger", "bit[i]")
HONEST_BIT = "((2 * out - a - b) >> i) & 1"
OUT = "main.c0_out"


def larger(n: int) -> Call:
    return Call(FILE, "Larger", (n,), ((), ()), ())


first = scene("5 beside -3", larger(8), 5, -3)
second = scene("-100 beside 100", larger(8), -100, 100)
equal = scene("7 beside 7", larger(8), 7, 7)
far = scene("256 beside 0, in 8 bits", larger(8), 256, 0, admitted=False)
half = scene("1/2 beside 0", larger(8), (FIELD + 1) // 2, 0, admitted=False)

window = {
    "image": (1, 2, 2),
    "kernel": (2, 2),
    "strides": (2, 2),
    "dilations": (1, 1),
    "pads": (0, 0),
    "output": (1, 1),
}
pool = case("max_pool", [TensorType((4,), Interval(-128, 127))], lo=-128, bits=8, **window).call
pooled = scene("a window of four", pool, np.array([[-128, 127, 3, 4]]))

# Its 2 x 2 images of two channels are pooled and then bounded: at 7 bits a difference and 14 of
# the maximum, an output may lie 2·127 below those 14 bits.
unpooled = conv.SLIDING.read(
    "packed products that are pooled",
    16,
    conv.SHIFTED,
    """signal m[1][2] <== MaxPool(1, 2, 2, 2, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, 7)(y);
    signal output out[1][2] <== RequantizeShift(1, 2, 14, 1, [4], 0, 0, 8, 255)(m);""",
)
packed = replace(unpooled, main=unpooled.main.replace("include", f'include "{FILE}";\ninclude', 1))

LIARS = [
    Liar("the smaller one", first, {LARGER: "a >= b ? b : a"}, "Larger", r"\.out$", {OUT: -3}),
    Liar("the smaller one", second, {LARGER: "a >= b ? b : a"}, "Larger", r"\.out$", {OUT: -100}),
    Liar(
        "the smaller one, its distance as a negative bit",
        first,
        {LARGER: "b", BIT: "i == 3 ? -1 : 0"},
        "Larger",
        r"\.bit\[3\]$",
        {OUT: -3},
    ),
    Liar("their sum", first, {LARGER: "a + b"}, "Larger", r"\.out$", {OUT: 2}),
    Liar("their mean", second, {LARGER: "(a + b) / 2"}, "Larger", r"\.out$", {OUT: 0}),
    Liar("something larger than both", equal, {LARGER: "a + 1"}, "Larger", r"\.out$", {OUT: 8}),
    Liar(
        "a carry moved down",
        first,
        {BIT: "i == 3 ? 0 : (i == 2 ? 2 : 0)"},
        "Larger",
        r"\.bit\[2\]$",
    ),
    Liar("no distance", first, {BIT: "0"}, "Larger", r"\.out$"),
    Liar(
        "the complement of the distance", second, {BIT: f"1 - ({HONEST_BIT})"}, "Larger", r"\.out$"
    ),
    Liar("the bits that are left after overflow", far, {BIT: "0"}, "Larger", r"\.out$", {OUT: 256}),
    Liar("two in one bit", far, {BIT: "i == 6 ? 4 : 0"}, "Larger", r"\.bit\[6\]$", {OUT: 256}),
    Liar(
        "a fraction as a bit", half, {LARGER: "a", BIT: "i == 0 ? a : 0"}, "Larger", r"\.bit\[0\]$"
    ),
    Liar("the last of the window", pooled, {LARGER: "b"}, "Larger", r"\.match\["),
    Liar("zero, as if padding took part", pooled, {LARGER: "0"}, "Larger", r"\.match\["),
] + [
    Liar(name, packed, {conv.OUT: lie}, "Larger", r"\.match\[")
    for name, lie in [
        ("a carry into the next slot", conv.CARRY_UP),
        ("a carry out of the next slot", conv.CARRY_DOWN),
        ("a fraction of a slot", conv.FRACTION),
        ("everything in one slot", conv.ALL_IN_ONE),
    ]
]
