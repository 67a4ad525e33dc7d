"""zkpot doctor: what is missing on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FOLDER, json_option, reporting, result

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
EPILOG = """\b
Example:
  zkpot doctor
"""


@click.command(epilog=EPILOG)
@click.option("--folder", type=FOLDER, default=Path(), help="Where builds would go.  [default: .]")
@json_option
def doctor(folder: Path, as_json: bool) -> None:
    """Look at Node, the pinned tools, packages, processor, memory, disk; say what to do.

    Exit code 0 if everything needed is there, 3 if not. Installs nothing.
    """
    from zkpot.prover.doctor import diagnose

    with reporting("looking"):
        found = diagnose(folder)
    width = max(len(finding.name) for finding in found.findings)
    lines = []
    for finding in found.findings:
        mark = click.style(f"{finding.health:<4}", fg=COLOURS[finding.health])
        lines.append(f"{mark}  {finding.name:<{width}}  {finding.detail}")
        if finding.remedy:
            lines.append(f"{'':{width + 8}}remedy: {finding.remedy}")
    result(as_json, found.to_json(), "\n".join(lines))
    if not found.healthy:
        raise click.exceptions.Exit(3)
