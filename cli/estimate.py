"""zkpot estimate: what a circuit will cost, before anything heavy runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import ANY, FILE, json_option, result, table

if TYPE_CHECKING:
    from zkpot.prover.estimate import Estimate

EPILOG = """\b
Example:
  zkpot estimate int8.onnx --samples 100
"""


@click.command(epilog=EPILOG)
@click.argument("source", type=ANY, metavar="MODEL|BUILD")
@click.option("--samples", required=True, type=click.IntRange(1), help="N, the size of a test set.")
@click.option("--calibration", type=FILE, help="DATA.npz: check the model against onnxruntime too.")
@click.option("--weight-bits", type=click.IntRange(2, 8), help="As for compile.")
@click.option("--headroom", type=click.FloatRange(1), help="As for compile.")
@json_option
def estimate(
    source: Path,
    samples: int,
    calibration: Path | None,
    weight_bits: int | None,
    headroom: float | None,
    as_json: bool,
) -> None:
    """Say what the circuit of an int8 MODEL.onnx will cost; nothing is compiled.

    Constraints, signals and the domain are exact, non-zeros and the key's size within a percent;
    times and memory are fitted to a few real runs.
    """
    from zkpot.prover import estimate as estimating

    circuit = estimating.circuit_of(source, samples, weight_bits=weight_bits, headroom=headroom)
    found = estimating.estimate(circuit)
    oracle = None
    if calibration is not None:
        oracle = estimating.compared(source, calibration).to_json()
    result(as_json, {**found.to_json(), "oracle": oracle}, _text(found, estimating.MEASURED_ON))


def _text(found: Estimate, basis: str) -> str:
    seconds = found.seconds
    rows = [
        ("constraints", f"{found.constraints:,}", "exact"),
        ("non-zeros", f"{found.nonzeros:,}", ""),
        ("public signals", f"{found.public_signals:,}", ""),
        ("domain", f"2^{found.domain_power}", f"up to {found.largest_samples_in_domain} samples"),
        ("powers of tau", f"2^{found.ptau_power}", "or more"),
        ("proving key", f"{found.zkey_bytes / 1e6:,.1f} MB", ""),
        ("memory", f"{found.memory_bytes / 1e9:.2f} GB", "largest process"),
        ("compile", f"{seconds.compile:.0f} CPU s", ""),
        ("setup --dev", f"{seconds.setup:.0f} CPU s", "first call ever: 20 s more"),
        ("prove", f"{seconds.prove:.0f} CPU s", "with snarkjs"),
    ]
    width = max(len(value) for _, value, _ in rows)
    lines = [f"{name:<15} {value:>{width}}  {note}".rstrip() for name, value, note in rows]
    parts = [(p.name, p.op, f"{p.constraints:,}", f"{p.share:.1%}") for p in found.nodes]
    costs = table(("node", "op", "constraints", "share"), parts)
    return "\n".join((*lines, f"times and memory: {basis}", "", costs))
