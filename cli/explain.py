"""zkpot explain: a circuit node by node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import ANY, json_option, result, table

if TYPE_CHECKING:
    from zkpot.prover.explain import Line

EPILOG = """\b
Examples:
  zkpot explain build
  zkpot explain int8.onnx --samples 100
"""

HEADER = ("node", "op", "shape", "bits", "constraints", "non-zeros", "share")


@click.command(epilog=EPILOG)
@click.argument("source", type=ANY, metavar="MODEL|BUILD")
@click.option("--samples", type=click.IntRange(1), help="N; by default the build's, or 1.")
@click.option("--weight-bits", type=click.IntRange(2, 8), help="As for compile; models only.")
@click.option("--headroom", type=click.FloatRange(1), help="As for compile; models only.")
@json_option
def explain(
    source: Path,
    samples: int | None,
    weight_bits: int | None,
    headroom: float | None,
    as_json: bool,
) -> None:
    """Show each part of the circuit of a BUILD or an int8 MODEL.onnx.

    Its operation, the shape for one sample, the bits of one element, constraints, non-zeros, share
    of all constraints, and how it is proven. Then what would make the circuit smaller: every such
    change was tried on the whole model, not guessed.
    """
    from zkpot.prover.estimate import circuit_of
    from zkpot.prover.explain import explain as explained

    found = explained(circuit_of(source, samples, weight_bits=weight_bits, headroom=headroom))
    columns = table(HEADER, [_row(line) for line in found.lines]).splitlines()
    last = ("strategy", *(line.strategy for line in found.lines))
    rows = [f"{row}  {text}" for row, text in zip(columns, last, strict=True)]
    total = (
        f"{found.constraints:,} constraints, {found.nonzeros:,} non-zeros "
        f"for {found.samples} samples"
    )
    text = "\n".join((*rows, total, *(f"advice: {a}" for a in found.advice)))
    result(as_json, found.to_json(), text)


def _row(line: Line) -> tuple[object, ...]:
    shape = "x".join(map(str, line.shape))
    counts = f"{line.constraints:,}", f"{line.nonzeros:,}", f"{line.share:.1%}"
    return line.name, line.op, shape, line.bits or "", *counts
