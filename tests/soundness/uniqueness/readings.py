"""Circuits as systems: a call by itself, or with the readers that its contract asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rig.build import compiled, library
from rig.calls import Call, source
from zkpot.prover.uniqueness import System


def system(main: str, sources: Mapping[str, str] | None = None, optimize: str = "O0") -> System:
    """As compiled, with every signal kept unless ``optimize`` says otherwise."""
    built = compiled(main, sources or library(), optimize=optimize)
    return System.read(built.folder / "main.r1cs", built.folder / "main.sym")


def together(calls: Sequence[Call]) -> System:
    """All of ``calls`` side by side."""
    return system(source(list(calls)))


def one_hot(call: Call) -> str:
    """``call`` with its second input, all but one of the bits of a one-hot vector, constrained."""
    logits, hot = (shape[0] for shape in call.signals)
    parameters = ", ".join(str(p) for p in call.parameters)
    return f"""pragma circom 2.2.0;
include "{call.include}";
template Main() {{
    signal input y[{logits}];
    signal input hot[{hot}];
    var last = 1;
    for (var j = 0; j < {hot}; j++) {{
        hot[j] * (hot[j] - 1) === 0;
        last -= hot[j];
    }}
    last * (last - 1) === 0;
    signal output out <== {call.template}({parameters})(y, hot);
}}
component main = Main();
"""


def ranged(call: Call, stride: int, low: int) -> str:
    """``call``'s outputs read by a check of ``stride`` bits, the widest for a slot."""
    assert call.output is not None
    rows, columns = call.output
    names = [f"x{i}" for i in range(len(call.signals))]
    inputs = "\n".join(
        f"    signal input {name}{''.join(f'[{size}]' for size in shape)};"
        for name, shape in zip(names, call.signals, strict=True)
    )
    given = iter(names)
    arguments = ", ".join(i if isinstance(i, str) else next(given) for i in call.inputs)
    parameters = ", ".join(str(p) for p in call.parameters)
    return f"""pragma circom 2.2.0;
include "{call.include}";
include "nn/range_check.circom";
template Main() {{
{inputs}
    signal read[{rows}][{columns}] <== {call.template}({parameters})({arguments});
    signal output out[{rows}][{columns}] <== RangeChecked({rows}, {columns}, {stride}, {low})(read);
}}
component main = Main();
"""
