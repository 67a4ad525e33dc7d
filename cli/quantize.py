"""zkpot quantize: float ONNX and calibration data to an int8 ONNX model."""

from __future__ import annotations

from pathlib import Path

import click

from .output import ANY, FILE, json_option, reporting, result

EPILOG = """\b
Examples:
  zkpot quantize model.onnx --calibration train.npz --out int8.onnx
  zkpot quantize mine.onnx --calibration train.npz --out mine8.onnx --like build
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=FILE)
@click.option(
    "--calibration",
    "data",
    required=True,
    type=FILE,
    help="DATA.npz: x as the model takes it; y, if there, makes the accuracies known.",
)
@click.option("--out", required=True, type=FILE, help="The int8 model to write.")
@click.option(
    "--like", type=ANY, help="Take all scales and widths from a task: a BUILD, or its ONNX file."
)
@click.option(
    "--weight-bits",
    type=click.IntRange(4, 8),
    default=7,
    show_default=True,
    help="Width of weights.",
)
@click.option("--full-range", is_flag=True, help="8-bit weights; some processors round them wrong.")
@json_option
def quantize(
    model: Path,
    data: Path,
    out: Path,
    like: Path | None,
    weight_bits: int,
    full_range: bool,
    as_json: bool,
) -> None:
    """Quantize the float MODEL.onnx (convolutional or not) to int8, for a small circuit.

    Power-of-two scales, even zero points and weights in [-64, 63], so that onnxruntime computes
    the same on every machine. Prints what it cost in accuracy.
    """
    from zkpot.prover.quantize_model import quantize_file

    with reporting(f"quantizing {model.name}") as progress:
        report = quantize_file(
            model,
            data,
            out,
            like=like,
            weight_bits=weight_bits,
            full_range=full_range,
            progress=progress,
        )
    result(as_json, {"out": str(out), **report.to_json()}, f"{report}\nwrote {out}")
