"""Liars about requantization: saturation, ties, steps of a table."""

from __future__ import annotations

import numpy as np
from rig.calls import case
from rig.cases import shift_case
from rig.twin import Hint
from zkpot.compiler.ir import Interval, TensorType

from .liar import Liar, scene

STRAY = Hint("nn/requantize_shift.circom", "RequantizeShiftOne", "strayInverse")
DIFFER = Hint("nn/requantize_shift.circom", "RequantizeShiftOne", "differInverse")
LINE_STRAY = Hint("nn/requantize_line.circom", "RequantizeLineOne", "strayInverse")
QUOTIENT = Hint("nn/requantize_table.circom", "RequantizeTableOne", "quotient")
OUT = "main.c0_out[0][0]"

even = shift_case((3,), -128, 127, 2, samples=1).call
odd = shift_case((3,), -127, 127, 2, samples=1).call
saturated = scene("accumulators beyond both bounds", even, np.array([[-1100, 1100]]))
beyond_odd = scene("accumulators beyond odd bounds", odd, np.array([[-1100, 1100]]))
plain = scene("accumulators that are no ties", even, np.array([[-801, 85]]))
plain_odd = scene("no ties, odd bounds", odd, np.array([[-801, 85]]))

tied = scene("a tie in every channel", even, np.array([[-796, 84]]))
one_line = {"num": (5,), "offset": (640,), "shift": (4,), "wide": (16,), "bits": 12, "low": -2048}
line = case("requantize_line", [TensorType((2,), Interval(0, 1))], **one_line, lo=-128, hi=127)
lined = scene("a line's inner points", line.call, np.array([[-100, 600]]))
off_line = scene("both ends of a line", line.call, np.array([[-1500, 2000]]))

steps = tuple(sorted([*range(0, 1800, 9), *[1800] * 57]))
table = case(
    "requantize_table",
    [TensorType((1,), Interval(0, 1))],
    thresholds=(steps,),
    lo=-5,
    hi=250,
    bits=4,
)
on_step = scene("an accumulator on a threshold", table.call, np.array([[45]]))
under_step = scene("an accumulator under a threshold", table.call, np.array([[53]]))
last_step = scene("the last step before empty ones", table.call, np.array([[1799]]))
outside = scene("an accumulator outside the table", table.call, np.array([[1800]]), admitted=False)

LIARS = [
    Liar(
        "in the window, though it is below",
        saturated,
        {STRAY: "0"},
        "RequantizeShiftOne",
        r"\.isInWindow$",
    ),
    Liar(
        "minus one times in the window",
        saturated,
        {STRAY: "2 / strays"},
        "RequantizeShiftOne",
        r"\.isInWindow$",
    ),
    Liar(
        "in the window, though it is above",
        beyond_odd,
        {STRAY: "0"},
        "RequantizeShiftOne",
        r"\.isInWindow$",
    ),
    Liar("a tie, though it is none", plain, {DIFFER: "0"}, "RequantizeShiftOne", r"\.correction$"),
    Liar("minus one tie", plain, {DIFFER: "2 / differ"}, "RequantizeShiftOne", r"\.correction$"),
    Liar(
        "a tie, though it is none", plain_odd, {DIFFER: "0"}, "RequantizeShiftOne", r"\.correction$"
    ),
    Liar(
        "in the line's window, though it is below",
        off_line,
        {LINE_STRAY: "0"},
        "RequantizeLineOne",
        r"\.isInWindow$",
    ),
    Liar(
        "twice out of the line's window",
        off_line,
        {LINE_STRAY: "2 / strays"},
        "RequantizeLineOne",
        r"\.isInWindow$",
    ),
    Liar("one step up", on_step, {QUOTIENT: "q + 1"}, "Bits", r"\.above\.", {OUT: 1}),
    Liar("one step down", on_step, {QUOTIENT: "q - 1"}, "Bits", r"\.below\.", {OUT: -1}),
    Liar("one step up", under_step, {QUOTIENT: "q + 1"}, "Bits", r"\.above\.", {OUT: 1}),
    Liar("one step down", under_step, {QUOTIENT: "q - 1"}, "Bits", r"\.below\.", {OUT: -1}),
    Liar("256 steps up", on_step, {QUOTIENT: "q + 256"}, "Bits", r"\.bits\.", {OUT: 256}),
    Liar("a negative step", on_step, {QUOTIENT: "-1"}, "Bits", r"\.bits\.", {OUT: -6}),
    Liar("half a step", on_step, {QUOTIENT: "q + 1 / 2"}, "Bits", r"\.bits\."),
    Liar("an empty step", last_step, {QUOTIENT: "q + 1"}, "Bits", r"\.above\."),
    Liar("the last empty step", last_step, {QUOTIENT: "255"}, "Bits", r"\.above\.", {OUT: 250}),
    Liar(
        "an empty step, from outside", outside, {QUOTIENT: "255"}, "Bits", r"\.below\.", {OUT: 250}
    ),
]
