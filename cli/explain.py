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

    Its operation, the shape for one sample, the bits of one element, its constraints and their
    share; and what another choice would save.
    """
    from zkpot.prover.estimate import circuit_of
    from zkpot.prover.explain import explain as explained

    found = explained(circuit_of(source, samples, weight_bits=weight_bits, headroom=headroom))
    rows = [_row(line) for line in found.lines]
    header = ("node", "op", "shape", "bits", "constraints", "share")
    total = f"{found.constraints:,} constraints for {found.samples} samples"
    text = "\n".join((table(header, rows), total, *(f"advice: {a}" for a in found.advice)))
    result(as_json, found.to_json(), text)


def _row(line: Line) -> tuple[object, ...]:
    shape = "x".join(map(str, line.shape))
    return line.name, line.op, shape, line.bits or "", f"{line.constraints:,}", f"{line.share:.1%}"
