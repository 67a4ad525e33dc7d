"""Liars about the public data as a witness."""

from __future__ import annotations

from rig.calls import Call
from rig.twin import Hint

from .liar import Liar, scene

OUT = Hint("nn/public_data.circom", "PublicData", "out[i][j]")
HONEST = "((packed[at \\ slots] >> (bits * (at % slots))) & ((1 << bits) - 1)) + lo"
BYTES = [3, 250, 128]

packed = scene(
    "three pixels",
    Call("nn/public_data.circom", "PublicData", (1, 3, 8, -128), ((1,),), (1, 3)),
    [sum(v << (8 * j) for j, v in enumerate(BYTES))],
)

LIARS = [
    Liar("another pixel", packed, {OUT: f"{HONEST} + (j == 1)"}, "PublicData", r"\.packed\["),
    Liar(
        "pixels exchanged",
        packed,
        {OUT: "j == 0 ? 122 : (j == 1 ? -125 : 0)"},
        "PublicData",
        r"\.packed\[",
    ),
    Liar(
        "a carry between pixels",
        packed,
        {OUT: f"{HONEST} + (j == 0 ? 256 : (j == 1 ? -1 : 0))"},
        "Bits",
        r"\.range\[0\]\.bits\[0\]\.",
    ),
    Liar(
        "everything in one pixel",
        packed,
        {OUT: "j == 0 ? packed[0] - 128 : -128"},
        "Bits",
        r"\.range\[0\]\.bits\[0\]\.",
    ),
    Liar(
        "a fraction of a pixel",
        packed,
        {OUT: f"{HONEST} + (j == 0 ? 1 : (j == 1 ? -1 / 256 : 0))"},
        "Bits",
        r"\.range\[0\]\.bits\[1\]\.",
    ),
]
