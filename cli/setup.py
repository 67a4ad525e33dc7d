"""zkpot setup: a circuit's keys."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FILE, FOLDER, json_option, reporting, result, warn

DEV_WARNING = (
    "DEVELOPMENT KEYS: whoever ran this setup can forge any proof. For trials only; "
    "verifiers refuse them without --allow-dev"
)
EPILOG = """\b
Examples:
  zkpot setup build --dev
  zkpot setup build --ptau pot18.ptau --contribution alice --contribution bob
  zkpot setup build --ptau pot18.ptau --zkey contributed_elsewhere.zkey
"""


@click.command(epilog=EPILOG)
@click.argument("build", type=FOLDER)
@click.option("--dev", is_flag=True, help="Keys in seconds, that this process could forge under.")
@click.option("--ptau", type=FILE, help="Prepared powers of tau: a setup through snarkjs.")
@click.option(
    "--contribution",
    "contributions",
    multiple=True,
    metavar="NAME",
    help="A contribution by this name, with fresh randomness; repeatable.  [default: zkpot]",
)
@click.option("--beacon", metavar="HEX", help="Close with a public random value.")
@click.option(
    "--beacon-iterations",
    type=click.IntRange(10, 63),
    default=10,
    show_default=True,
    help="Hash the beacon 2^N times.",
)
@click.option("--zkey", type=FILE, help="Take up a key that others contributed to.")
@click.option("--threads", type=click.IntRange(1), help="For --dev.  [default: all]")
@json_option
def setup(
    build: Path,
    dev: bool,
    ptau: Path | None,
    contributions: tuple[str, ...],
    beacon: str | None,
    beacon_iterations: int,
    zkey: Path | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make the proving and verification keys of a BUILD.

    --dev is for trying things out. Keys that count come from --ptau, with a contribution of at
    least one party that verifiers trust to have forgotten its randomness.
    """
    from zkpot.prover.ceremony import Ceremony, make_keys

    ceremony = Ceremony(
        ptau=ptau,
        contributions=contributions,
        beacon=None if beacon is None else (beacon, beacon_iterations),
        zkey=zkey,
    )
    if dev:
        warn(DEV_WARNING)
    with reporting("setting up the keys") as progress:
        made = make_keys(build, ceremony, dev=dev, threads=threads, progress=progress)
    manifest = made.manifest
    steps = ", ".join(step.name for step in manifest.contributions)
    lines = [
        f"trust             {manifest.trust}",
        f"circuit           {made.circuit_id}",
        f"verification key  {manifest.vk_sha256}",
        *([f"contributions     {steps}"] if steps else []),
        f"next: zkpot commit {build} --model INT8.onnx --out SECRET.json",
    ]
    value = {"build": str(build), "circuit_id": made.circuit_id}
    result(as_json, value | manifest.model_dump(mode="json"), "\n".join(lines))
