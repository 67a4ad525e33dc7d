"""Known bugs of published circuits, rewritten in small, each beside the circuit without the bug."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rig.build import library
from rig.twin import patched

COUNT = "eval/count_correct.circom"


@dataclass(frozen=True)
class Bug:
    """``buggy`` and ``cured`` are bodies of a template.

    ``prime``: one over which all witnesses can be tried; 0 where there are too many. ``tiny``: the
    two bodies to try there, if not these.
    """

    name: str
    buggy: str
    cured: str
    prime: int = 0
    tiny: tuple[str, str] | None = None
    patch: tuple[str, str] | None = None
    """A passage of count_correct.circom, and what stands there in the buggy version."""

    def sources(self, *, cured: bool) -> Mapping[str, str]:
        if cured or self.patch is None:
            return library()
        return patched(library(), COUNT, *self.patch)


def main(body: str) -> str:
    return f"""pragma circom 2.2.0;
include "lib/bits.circom";
include "{COUNT}";
template Main() {{
{body}
}}
component main = Main();
"""


def ranged(name: str, bits: int) -> str:
    return f"component range_{name} = Bits({bits}, 0); range_{name}.in <== {name};"


DIVISION = f"""
    signal input in;
    signal remainder <-- in % 4;
    signal output quotient <-- in \\ 4;
    4 * quotient + remainder === in;
    {ranged("quotient", 3)}
"""
DIVIDED = DIVISION + ranged("remainder", 2)

FRACTION = f"""
    signal input in;
    signal remainder <-- in % 4;
    signal output quotient <-- in \\ 4;
    4 * quotient + remainder === in;
    {ranged("remainder", 2)}
"""


def relu(bits: int) -> str:
    """The sign is the top one of ``bits`` bits."""
    return f"""
    signal input in;
    signal output out;
    signal bit[{bits}];
    var sum = 0;
    for (var i = 0; i < {bits}; i++) {{
        bit[i] <-- (in >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * (1 << i);
    }}
    sum === in;
    out <== (1 - bit[{bits - 1}]) * in;
"""


COMPARISON = """
    signal input in;
    signal positive <-- in < 4;
    signal output out <== positive * in;
"""
COMPARED = """
    signal input in;
    component bits = Bits(3, 4);
    bits.in <== in;
    signal output out <== (in + 4 - bits.bit[0] - 2 * bits.bit[1]) / 4 * in;
"""


def committed(link: str) -> str:
    """A commitment to one weight, here its fifth power, and an output that another may make."""
    return f"""
    signal input weight, x;
    signal square <== weight * weight;
    signal fourth <== square * square;
    signal output cm <== fourth * weight;
    signal used {link} weight;
    signal output y <== used * x;
"""


PACKED = """
    signal input packed;
    signal output low <-- packed % 4;
    signal output high <-- packed \\ 4;
    packed === low + 4 * high;
"""

LOGITS = """
    signal input packed, label;
    signal first <-- (packed + 32) % 64 - 32;
    signal second <-- (packed - first) / 64;
    first + 64 * second === packed;
    label * (label - 1) === 0;
    signal output correct <== LabelIsArgmax(2, 4, -4)([first, second], [label]);
"""

BUGS = (
    Bug(
        "an assert as the only guard of a remainder",
        DIVISION + "assert(remainder < 4);",
        DIVIDED,
        61,
    ),
    Bug("an unchecked remainder", DIVISION, DIVIDED, 61),
    Bug("a quotient that may be a fraction", FRACTION, DIVIDED, 61),
    Bug("a decomposition of 254 bits", relu(254), relu(253), 29, (relu(5), relu(4))),
    Bug("a comparison bit that nothing ties", COMPARISON, COMPARED, 29),
    Bug(
        "a boolean comparison bit that nothing ties",
        COMPARISON + "positive * (positive - 1) === 0;",
        COMPARED,
        29,
    ),
    Bug(
        "a commitment to other weights than are used",
        committed("<--"),
        committed("<=="),
        11,
    ),
    Bug(
        "packing without ranges",
        PACKED,
        PACKED + ranged("low", 2) + ranged("high", 2),
        17,
    ),
    Bug(
        "packing with one range a bit too wide",
        PACKED + ranged("low", 3) + ranged("high", 2),
        PACKED + ranged("low", 2) + ranged("high", 2),
        37,
    ),
    Bug(
        "a label's logit that nobody ranges",
        LOGITS,
        LOGITS,
        patch=(" + chosen[j] - lo * h[j] + (1", " + (1"),
    ),
)
