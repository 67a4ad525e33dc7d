"""Liars about the bits of a template that others are made of, at every place where one uses it."""

from __future__ import annotations

import numpy as np
from rig.calls import Call
from rig.cases import line_case, shift_case

from . import requantize
from .bits import BIT, HONEST
from .data import packed
from .liar import Liar, scene

SQUARES = tuple(i * i % 255 for i in range(16))

checked = scene(
    "a range check of a matrix",
    Call("nn/range_check.circom", "RangeChecked", (1, 2, 7, -64), ((1, 2),), (1, 2)),
    np.array([[5, -64]]),
)
looked_up = scene(
    "a table of 16 entries",
    Call("nn/table.circom", "Table", (1, 2, 4, -8, SQUARES), ((1, 2),), (1, 2)),
    np.array([[-8, 3]]),
)
shift_cut_short = scene(
    "a window that is cut short",
    shift_case((3,), -3, 200, 1, samples=1).call,
    np.array([[40, 1700]]),
)
line_cut_short = scene(
    "a line's window that is cut short",
    line_case((((1, 0, 3),)), -7, 92, -300, 11, samples=1).call,
    np.array([[40, 900]]),
)

LIARS = [
    Liar(f"{name}, wherever bits are used", one, {BIT: lie}, "Bits", r"\.in$")
    for one in (
        checked,
        looked_up,
        shift_cut_short,
        line_cut_short,
        requantize.on_step,
        packed,
    )
    for name, lie in [("one too many", f"({HONEST}) + (i == 0)"), ("none", "0")]
]
