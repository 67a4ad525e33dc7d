"""Liars about which class wins, and which class is the label."""

from __future__ import annotations

import numpy as np
from rig.calls import case
from rig.twin import Hint
from zkpot.compiler.field import FIELD
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

small = case("count_correct", [TensorType((3,), Interval(0, 15))], 2, lo=0, bits=5).call
level = scene("ties that the label loses", small, np.zeros((2, 3), int), packed_labels([1, 1], 3))


def misread(total: int, classes: int) -> list[int]:
    """For each sample the bits of all classes but the last, where the last counts 1 - Σ of them:
    the one such reading of ``total``, an integer."""
    found = []
    while total:
        found.append(total % (1 << (classes - 1)))
        total = ((total >> (classes - 1)) - 1 + found[-1].bit_count()) >> 1
    return found


# Label 2 twice, less 12 times the field's order: the same element. Its last bits are about -60.
MANY = 126
READING = misread(packed_labels([2, 2], MANY)[0] - 12 * FIELD, MANY)
FIRST = [bits & -bits for bits in READING]
many = case("count_correct", [TensorType((MANY,), Interval(0, 127))], 2, lo=0, bits=8).call
wrapping = scene(
    "the class that wins is not the label",
    many,
    np.array([[int(bit == 1 << j) for j in range(MANY)] for bit in FIRST]),
    packed_labels([2, 2], MANY),
)

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
    Liar(
        "eight labels and seven taken back, made up for by the next sample",
        level,
        {HOT: f"({HONEST_HOT})" + " + (i == 0 ? (j == 0 ? 8 : -8) : (j == 0 ? -1 : 1))"},
        "CountCorrect",
        r"\.hot\[0\]\[0\]$",
        {K: 1},
    ),
    Liar(
        "many labels, taken back by the last class",
        wrapping,
        {HOT: f"((i == 0 ? {READING[0]} : {READING[1]}) >> j) & 1"},
        "CountCorrect",
        r"\.hot\[0\]\[0\]$",
        {K: 2},
    ),
]
