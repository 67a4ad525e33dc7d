"""zkpot prove: a bundle that shows how many samples a model classifies correctly."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FILE, FOLDER, json_option, reporting, result
from .statement import context_options, described

EPILOG = """\b
Example:
  zkpot prove build --model int8.onnx --data test.npz --secret secret.json \\
    --context task/round-1/alice --out proof.json
"""


@click.command(epilog=EPILOG)
@click.argument("build", type=FOLDER)
@click.option("--model", required=True, type=FILE, help="The int8 model, as committed.")
@click.option("--data", required=True, type=FILE, help="DATA.npz: the test set, x and y.")
@context_options
@click.option("--secret", type=FILE, help="SECRET.json of the registered commitment.")
@click.option("--allow-duplicates", is_flag=True, help="Prove on a test set with equal samples.")
@click.option("--out", required=True, type=FILE, help="The BUNDLE to write.")
@json_option
def prove(
    build: Path,
    model: Path,
    data: Path,
    context: str,
    pool_root: str,
    batch: int,
    secret: Path | None,
    allow_duplicates: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Prove that the committed weights classify exactly k of the n samples in DATA.npz correctly.

    Prints k and n. k is all that the proof tells about the weights, besides the commitment: ask
    who chose the test set. The circuit and the key are checked first, for they could leak more.
    """
    from zkpot.prover.context import Context
    from zkpot.prover.workflow import prove_file

    where = Context(context, pool_root=pool_root, batch=batch)
    with reporting("proving") as progress:
        proved = prove_file(
            build,
            model,
            data,
            where,
            out,
            secret=secret,
            allow_duplicates=allow_duplicates,
            progress=progress,
        )
    value = {
        "correct": proved.correct,
        "samples": proved.samples,
        "cm": str(proved.statement.cm),
        "circuit_id": proved.bundle.circuit_id,
        "vk_sha256": proved.bundle.vk_sha256,
        "dataset": proved.bundle.dataset,
        "context": context,
        "trust": proved.trust,
        "bundle": str(out),
    }
    text = described(proved.correct, proved.samples, str(proved.statement.cm), proved.trust)
    names = f"circuit  {proved.bundle.circuit_id}\nkey      {proved.bundle.vk_sha256}"
    result(as_json, value, f"proved {text}\n{names}\nwrote {out}")
