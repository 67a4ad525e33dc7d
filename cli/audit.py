"""zkpot audit: whether a circuit leaves its prover any choice."""

from __future__ import annotations

from pathlib import Path

import click

from .output import ANY, json_option, reporting, result

EPILOG = """\b
Examples:
  zkpot audit build
  zkpot audit somebody-elses.r1cs
"""


@click.command(epilog=EPILOG)
@click.argument("source", type=ANY, metavar="BUILD|FILE.r1cs")
@json_option
def audit(source: Path, as_json: bool) -> None:
    """Decide which signals a circuit's constraints determine, given its inputs.

    For a BUILD also: compile its architecture again and compare, and hold its keys against the
    circuit. For any other circom circuit, name its .r1cs file; a .sym file beside it gives the
    signals their names. What is called determined is; what is not shown to be may still be.

    Exit code 0 if every output is determined, 1 if not.
    """
    from zkpot.prover.inspect_build import inspect

    with reporting("deciding") as progress:
        found = inspect(source, progress)
    told = found.determined
    lines = [f"constraints  {told.constraints:,}"]
    lines.append(f"determined   {told.decided:,} of {told.signals:,} signals besides the inputs")
    for name in told.outputs:
        state = "not shown to be determined" if name in told.open_outputs else "determined"
        lines.append(f"output       {name}: {state}")
    for name, count in told.open_signals.items():
        lines.append(f"open         {name}: {count:,} inner signals")
    if found.sound and told.open_signals:
        lines.append("             (no output depends on them, since the outputs are determined)")
    if found.recompiled:
        lines.append(f"circuit      {found.circuit_id}, as compiled again here")
    if found.trust:
        lines.append(f"keys         {found.vk_sha256}, trust {found.trust}")
    result(as_json, found.to_json(), "\n".join(lines))
    if not found.sound:
        raise click.exceptions.Exit(1)
