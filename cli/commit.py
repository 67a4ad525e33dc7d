"""zkpot commit: bind a model's weights before the test set is known."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FILE, FOLDER, json_option, reporting, result

EPILOG = """\b
Example:
  zkpot commit build --model int8.onnx --out secret.json
"""


@click.command(epilog=EPILOG)
@click.argument("build", type=FOLDER)
@click.option("--model", required=True, type=FILE, help="The int8 model, quantized for BUILD.")
@click.option("--out", required=True, type=FILE, help="SECRET.json: the salt; keep it private.")
@json_option
def commit(build: Path, model: Path, out: Path, as_json: bool) -> None:
    """Commit to the weights of a model; prints cm, which may be published.

    Refuses a model of another architecture, and weights with which some image could overflow an
    accumulator, naming node and channel.
    """
    from zkpot.prover.workflow import commit_file

    with reporting("committing"):
        secret = commit_file(build, model, out)
    value = {"cm": secret.cm, "circuit_id": secret.circuit_id, "secret": str(out)}
    result(as_json, value, secret.cm)
    click.echo(f"wrote {out}: keep it private, and keep it", err=True)
