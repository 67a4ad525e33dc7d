"""Liars about packed products. Their equation binds no slot: the readers' range checks do."""

from __future__ import annotations

import numpy as np
from rig.twin import Hint

from .liar import Liar, Scene

OUT = Hint("nn/dense_packed.circom", "DensePacked", "out[i][j]")
X, WEIGHT, BIAS = np.array([[3, -2]]), np.array([[5, -7, 1], [2, 4, -6]]), np.array([[9, -1, 0]])
LABELS = [0b001]


def composed(name: str, stride: int, include: str, reader: str) -> Scene:
    main = f"""pragma circom 2.2.0;
include "nn/dense_packed.circom";
include "{include}";
template Main() {{
    signal input x[1][2];
    signal input weight[2][3];
    signal input bias[1][3];
    signal input labels[1];
    signal y[1][3] <== DensePacked(1, 2, 3, 1, 3, {stride})(x, weight, bias);
    {reader}
}}
component main = Main();
"""
    return Scene(name, main, {"x": X, "weight": WEIGHT, "bias": BIAS, "labels": LABELS})


STEPS = [-100, *range(-99, 156), 156]
requantized = composed(
    "products that are requantized",
    15,
    "nn/requantize_shift.circom",
    "signal output out[1][3] <== RequantizeShift(1, 3, 14, 1, [4], 0, 0, 8, 255)(y);",
)
tabled = composed(
    "products that a table requantizes",
    9,
    "nn/requantize_table.circom",
    f"signal output out[1][3] <== RequantizeTable(1, 3, 2, 0, 1, [{STEPS}])(y);",
)
ranged = composed(
    "products that are range-checked",
    8,
    "nn/range_check.circom",
    "signal output out[1][3] <== RangeChecked(1, 3, 7, -64)(y);",
)
counted = composed(
    "logits",
    12,
    "eval/count_correct.circom",
    "signal output k <== CountCorrect(1, 3, 10, -256)(y, labels);",
)

CARRY_UP = "y + (j == 0 ? (1 << stride) : (j == 1 ? -1 : 0))"
CARRY_DOWN = "y - (j == 0 ? (1 << stride) : (j == 1 ? -1 : 0))"
FRACTION = "y + (j == 0 ? 1 : (j == 1 ? -1 / (1 << stride) : 0))"
ALL_IN_ONE = "j > 0 ? 0 : packedBias[0] + x[0][0] * packed[0][0] + x[0][1] * packed[1][0]"

READERS = [
    (requantized, r"RequantizeShift#0\.one\[0\]\[[01]\]\.bits\."),
    (tabled, r"RequantizeTable#0\.one\[0\]\[[01]\]\.(above|below)\."),
    (ranged, r"RangeChecked#0\.range\[0\]\.bits\[[01]\]\."),
    (counted, r"CountCorrect#0\.sample\[0\]\.bit\["),
]

LIARS = [
    Liar(name, one, {OUT: lie}, caught)
    for one, reader in READERS
    for name, lie, caught in [
        ("a carry into the next slot", CARRY_UP, reader),
        ("a carry out of the next slot", CARRY_DOWN, reader),
        ("a fraction of a slot", FRACTION, reader),
        ("everything in one slot", ALL_IN_ONE, reader),
        ("another product", "y + (j == 1)", r"\.packed\["),
    ]
]
