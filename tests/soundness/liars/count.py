"""Liars about which class wins, and which class is the label."""

from __future__ import annotations

import numpy as np
from rig.calls import case
from rig.twin import Hint
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.statement import packed_labels

from .liar import Liar, scene

FILE = "eval/count_correct.circom"
BIT = Hint(FILE, "LabelIsArgmax", "bit[j][i]")
INVERSE = Hint(FILE, "LabelIsArgmax", "inverse")
HOT = Hint(FILE, "CountCorrect", "hot[i][j]")
K = "main.c0_out"

call = case("count_correct", [TensorType((3,), Interval(-8, 7))], 2, lo=-8, bits=5).call
LOGITS = np.array([[1, 5, -3], [0, 2, 2]])
# Sample 0 is labelled 0 (1 wins), sample 1 is labelled 2 (1 wins by the tie rule).
wrong = scene("both samples misclassified", call, LOGITS, packed_labels([0, 2], 3))
right = scene("both samples classified", call, LOGITS, packed_labels([1, 1], 3))

HONEST_HOT = "(labels[at \\ 253] >> (at % 253)) & 1"

LIARS = [
    Liar(
        "every sign is not negative",
        wrong,
        {BIT: "i > 0 ? 0 : e - (1 << (n - 1))"},
        "LabelIsArgmax",
        r"\.bit\[",
        {K: 2},
    ),
    Liar(
        "every sign is negative", right, {BIT: "i > 0 ? 0 : e"}, "LabelIsArgmax", r"\.bit\[", {K: 0}
    ),
    Liar("no low bits", wrong, {BIT: "0"}, "LabelIsArgmax", r"\.y\["),
    Liar(
        "a carry between sign bits",
        wrong,
        {BIT: "i == 0 ? 2 + ((e >> i) & 1) : (i == 1 ? ((e >> 1) & 1) - 1 : (e >> i) & 1)"},
        "LabelIsArgmax",
        r"\.bit\[",
    ),
    Liar("nobody is beaten", wrong, {INVERSE: "0"}, "LabelIsArgmax", r"\.correct$", {K: 2}),
    Liar("half an inverse", wrong, {INVERSE: "1 / (2 * beaten)"}, "LabelIsArgmax", r"\.correct$"),
    Liar(
        "minus one correct", wrong, {INVERSE: "2 / beaten"}, "LabelIsArgmax", r"\.correct$", {K: -2}
    ),
    Liar(
        "the winner as label",
        wrong,
        {HOT: "j == 1 ? 1 : 0"},
        "CountCorrect",
        r"\.labels\[0\]$",
        {K: 2},
    ),
    Liar("the last class as label", wrong, {HOT: "0"}, "CountCorrect", r"\.labels\[0\]$"),
    Liar(
        "a label that is no boolean",
        wrong,
        {HOT: "i > 0 ? " + HONEST_HOT + " : (j == 0 ? 3 : -1)"},
        "CountCorrect",
        r"\.hot\[0\]\[0\]$",
    ),
    Liar(
        "two labels",
        right,
        {HOT: "i > 0 ? " + HONEST_HOT + " : 1"},
        "CountCorrect",
        r"\.hot\[0\]\[1\]$",
    ),
]
