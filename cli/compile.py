"""zkpot compile: an int8 ONNX model to a circuit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import FILE, FOLDER, json_option, reporting, result, warn

if TYPE_CHECKING:
    from zkpot.prover.compile_model import Compiled

EPILOG = """\b
Example:
  zkpot compile int8.onnx --samples 100 --calibration train.npz --out build
"""


@click.command("compile", epilog=EPILOG)
@click.argument("model", type=FILE)
@click.option("--samples", required=True, type=click.IntRange(1), help="N, the size of a test set.")
@click.option(
    "--calibration", "data", type=FILE, help="DATA.npz to check on; without it, random samples."
)
@click.option("--out", required=True, type=FOLDER, help="The BUILD folder: new, empty or a build.")
@click.option(
    "--weight-bits",
    type=click.IntRange(2, 8),
    help="Declared width of the weights.  [default: what the model says, or 8]",
)
@click.option(
    "--headroom",
    type=click.FloatRange(1),
    help="Room for others' accumulators, as a factor on this model's.  [default: 1.5]",
)
@json_option
def compile_(
    model: Path,
    samples: int,
    data: Path | None,
    out: Path,
    weight_bits: int | None,
    headroom: float | None,
    as_json: bool,
) -> None:
    """Compile the architecture of an int8 MODEL.onnx, with the count of correct samples, to Circom.

    First the integers to be proven are compared with onnxruntime; any difference but a known fault
    of this machine's kernels is refused with exit code 1. The weights stay out of BUILD.
    """
    from zkpot.compiler.accumulators import HEADROOM
    from zkpot.prover.compile_model import compile_model
    from zkpot.prover.dataset import load_samples

    calibration = None if data is None else load_samples(data, labelled=False)
    with reporting(f"compiling {model.name}") as progress:
        made = compile_model(
            model,
            samples,
            out,
            calibration=calibration,
            weight_bits=weight_bits,
            headroom=headroom or HEADROOM,
            progress=progress,
        )
    if made.oracle.warning:
        warn(made.oracle.warning)
    result(as_json, made.to_json(), _text(made))


def _text(made: Compiled) -> str:
    record = made.build.record
    return "\n".join(
        (
            f"circuit         {record.circuit_id}",
            f"constraints     {record.constraints:,} in a domain of 2^{made.domain_power}",
            f"public signals  {record.public_signals}",
            f"onnxruntime     {made.oracle.default.mismatches} of {made.oracle.default.values} "
            "values differ",
            f"wrote {made.build.folder}; next: zkpot setup {made.build.folder} --ptau FILE "
            "(or --dev, to try it)",
        )
    )
