"""zkpot report: one HTML page about a build, or about a proof made with it."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FILE, FOLDER, json_option, reporting, result, warn
from .statement import hex_digest

EPILOG = """\b
Examples:
  zkpot report build --out report.html
  zkpot report build --bundle proof.json --data test.npz --model model.onnx --int8 int8.onnx \\
    --context task/round-1/alice --out report.html
"""


@click.command(epilog=EPILOG)
@click.argument("build", type=FOLDER)
@click.option("--out", required=True, type=FILE, help="REPORT.html.")
@click.option("--bundle", type=FILE, help="A proof; it is verified if --data is given.")
@click.option("--data", type=FILE, help="DATA.npz: the test set.")
@click.option("--model", "float_model", type=FILE, help="The float model, for its accuracy.")
@click.option("--int8", type=FILE, help="The int8 model, for its accuracy and confusion matrix.")
@click.option("--context", help="Of the proof; by default the one that the bundle claims.")
@click.option("--pool-root", default="", metavar="HEX", callback=hex_digest, help="As for verify.")
@click.option("--batch", type=click.IntRange(0), default=0, help="As for verify.")
@click.option("--times", type=FILE, help="JSON: seconds by step, as measured, to be shown.")
@json_option
def report(
    build: Path,
    out: Path,
    bundle: Path | None,
    data: Path | None,
    float_model: Path | None,
    int8: Path | None,
    context: str | None,
    pool_root: str,
    batch: int,
    times: Path | None,
    as_json: bool,
) -> None:
    """Write one self-contained HTML page about BUILD, or about a proof made with it.

    The graph, the cost of every node, what would make it cheaper, sizes, digests, how far the key
    can be trusted; with a test set and models their accuracies, float, int8 and proven, and the
    confusion matrix. Exit code 1, the page written all the same, for a proof that does not verify.
    """
    from zkpot.consensus.wilson import wilson
    from zkpot.prover.report import Sources, Verdict
    from zkpot.prover.report import report as reported
    from zkpot.prover.report_page import write_report

    def confidence(correct: int, samples: int) -> tuple[float, float]:
        interval = wilson(correct, samples)
        return interval.low, interval.high

    sources = Sources(bundle, data, float_model, int8, context, pool_root, batch, times)
    with reporting("gathering"):
        found = reported(build, sources, confidence)
        write_report(out, found)
    if found.keys is not None and found.keys.trust == "dev":
        warn("the key is a development key: whoever made it can forge any proof")
    result(as_json, {"report": str(out), **found.to_json()}, f"wrote {out}")
    if found.proof is not None and found.proof.verdict is Verdict.INVALID:
        raise click.exceptions.Exit(1)
