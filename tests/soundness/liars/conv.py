"""Liars about products packed over outputs and rows: only the readers' ranges bind a slot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rig.twin import Hint

from .liar import Liar, Scene

OUT = Hint("nn/conv_packed.circom", "ConvPackedBlock", "out[i][at]")
LABELS = [0b001]
STEPS = [-100, *range(-99, 156), 156]


@dataclass(frozen=True)
class Layer:
    """``window``: what ConvPacked takes between the samples, here 1, and the slots."""

    window: str
    layout: str
    outputs: int
    x: list[int]
    weight: list[list[int]]
    bias: list[int]

    def read(self, name: str, stride: int, include: str, reader: str) -> Scene:
        low = -(1 << (stride - 1))
        main = f"""pragma circom 2.2.0;
include "nn/conv_packed.circom";
include "{include}";
template Main() {{
    signal input x[1][{len(self.x)}];
    signal input weight[{len(self.weight)}][{len(self.bias)}];
    signal input bias[1][{len(self.bias)}];
    signal input labels[1];
    signal y[1][{self.outputs}] <== ConvPacked(
        1, {self.window}, {self.layout}, {stride}, {low}, 1)(x, weight, bias);
    {reader}
}}
component main = Main();
"""
        values = {"x": [self.x], "weight": self.weight, "bias": [self.bias], "labels": LABELS}
        return Scene(name, main, {k: np.array(v) for k, v in values.items()})


DENSE = Layer(
    "2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 3, 1",
    "3, 1",
    3,
    [3, -2],
    [[5, -7, 1], [2, 4, -6]],
    [9, -1, 0],
)
# A 1 x 2 window on 2 x 3 pixels; an equation holds two outputs at two of the four places.
SLIDING = Layer(
    "1, 2, 3, 1, 2, 1, 1, 1, 1, 0, 0, 2, 2, 1, 2, 1",
    "2, 2",
    8,
    [3, -2, 1, 0, 4, -1],
    [[5, -7], [2, 4]],
    [9, -1],
)
# A factor for each of two channels; an equation holds one channel at all three places.
DEPTHWISE = Layer(
    "2, 1, 3, 1, 1, 1, 1, 1, 1, 0, 0, 1, 3, 2, 2, 1",
    "1, 3",
    6,
    [3, -2, 1, 4, -1, 2],
    [[5, -7]],
    [9, -1],
)

RANGED, SHIFTED = "nn/range_check.circom", "nn/requantize_shift.circom"
requantized = DENSE.read(
    "a convolution that is requantized",
    15,
    SHIFTED,
    "signal output out[1][3] <== RequantizeShift(1, 3, 14, 1, [4], 0, 0, 8, 255)(y);",
)
tabled = DENSE.read(
    "a convolution that a table requantizes",
    9,
    "nn/requantize_table.circom",
    f"signal output out[1][3] <== RequantizeTable(1, 3, 2, 0, 1, [{STEPS}])(y);",
)
counted = DENSE.read(
    "logits of a convolution",
    12,
    "eval/count_correct.circom",
    "signal output k <== CountCorrect(1, 3, 10, -256)(y, labels);",
)
ranged = DENSE.read(
    "a convolution of one window that is range-checked",
    8,
    RANGED,
    "signal output out[1][3] <== RangeChecked(1, 3, 7, -64)(y);",
)
sliding = SLIDING.read(
    "windows that are range-checked",
    8,
    RANGED,
    "signal output out[1][8] <== RangeChecked(1, 8, 7, -64)(y);",
)
depthwise = DEPTHWISE.read(
    "channels that are requantized",
    15,
    SHIFTED,
    "signal output out[1][6] <== RequantizeShift(1, 6, 14, 1, [4], 0, 0, 8, 255)(y);",
)

HONEST = "((lifted >> shift) & mask) + low"
SLOT = "(size * p + j)"
CARRY_UP = f"{HONEST} + ({SLOT} == 1 ? -1 : ({SLOT} == 0 ? (1 << stride) : 0))"
CARRY_DOWN = f"{HONEST} - ({SLOT} == 1 ? -1 : ({SLOT} == 0 ? (1 << stride) : 0))"
FRACTION = f"{HONEST} + ({SLOT} == 0 ? 1 : ({SLOT} == 1 ? -1 / (1 << stride) : 0))"
ALL_IN_ONE = f"{SLOT} > 0 ? 0 : lifted + lowest"
BETWEEN_ROWS = f"{HONEST} + ({SLOT} == size ? -1 : ({SLOT} == size - 1 ? (1 << stride) : 0))"
UNSIGNED = "(lifted >> shift) & mask"

SHIFT = r"RequantizeShift#0\.one\[0\]\[\d\]\.bits\."
RANGE = r"RangeChecked#0\.range\[0\]\.bits\[\d\]\."
READERS = [
    (requantized, "Bits", SHIFT),
    (tabled, "Bits", r"RequantizeTable#0\.one\[0\]\[\d\]\.(above|below)\."),
    (ranged, "Bits", RANGE),
    (counted, "LabelIsArgmax", r"CountCorrect#0\.sample\[0\]\.bit\["),
    (sliding, "Bits", RANGE),
    (depthwise, "Bits", SHIFT),
]
PRODUCT = r"\.part\[\d\]\[0\]\.(term|x)\["

LIARS = [
    Liar(name, one, {OUT: lie}, template, caught)
    for one, by, reader in READERS
    for name, lie, template, caught in [
        ("a carry into the next slot", CARRY_UP, by, reader),
        ("a carry out of the next slot", CARRY_DOWN, by, reader),
        ("a fraction of a slot", FRACTION, by, reader),
        ("everything in one slot", ALL_IN_ONE, by, reader),
        ("another product", f"{HONEST} + ({SLOT} == 1)", "ConvPackedBlock", PRODUCT),
        ("digits without their sign", UNSIGNED, "ConvPackedBlock", PRODUCT),
    ]
] + [
    Liar("a carry into the next row", one, {OUT: BETWEEN_ROWS}, "Bits", reader)
    for one, reader in [(sliding, RANGE), (depthwise, SHIFT)]
]
