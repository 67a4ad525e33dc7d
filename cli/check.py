"""zkpot check: the integers that would be proven, against onnxruntime."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FILE, json_option, reporting, result, warn

EPILOG = """\b
Example:
  zkpot check int8.onnx --data test.npz
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=FILE)
@click.option("--data", required=True, type=FILE, help="DATA.npz; only x is used.")
@json_option
def check(model: Path, data: Path, as_json: bool) -> None:
    """Compare every 8-bit tensor, logit and prediction of MODEL.onnx with onnxruntime, exactly.

    Exit code 0 if all are equal, or if only this machine's saturating kernel is at fault (then
    there is a warning with the counts); 1 for any other difference.
    """
    from zkpot.prover.compile_model import check_model
    from zkpot.prover.dataset import load_samples

    with reporting("comparing with onnxruntime"):
        report = check_model(model, load_samples(data, labelled=False).x)
    if report.warning:
        warn(report.warning)
    result(as_json, report.to_json(), str(report))
    if not report.ok:
        raise click.exceptions.Exit(1)
