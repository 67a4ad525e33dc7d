"""zkpot rank: the bundles of a round, verified and ordered by proven accuracy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import ANY, FILE, FOLDER, json_option, reporting, warn
from .pins import pin_options

if TYPE_CHECKING:
    from zkpot.consensus.ranking import Ranking

DIGEST_BYTES = 32


def hex_bytes(_ctx: click.Context, _param: click.Parameter, value: str | None) -> bytes | None:
    """The bytes that an option gives in hexadecimal; a usage error for anything else."""
    try:
        return bytes.fromhex(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not hexadecimal") from error


def digest(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """A SHA-256 in hexadecimal, empty where none is given."""
    found = hex_bytes(ctx, param, value)
    if found is not None and len(found) != DIGEST_BYTES:
        raise click.BadParameter(f"{value!r} has {len(found)} bytes, not {DIGEST_BYTES}")
    return found.hex() if found else ""


EPILOG = """\b
Examples:
  zkpot rank bundles/*.json --build build --data batch.npz --registry registry.json --beacon 5f1c…
  zkpot rank bundles/*.json --build build --data batch.npz --registry registry.json \\
    --beacon 5f1c… --circuit CIRCUIT_ID --key VK_SHA256    # as the task was announced with
"""


@click.command(epilog=EPILOG)
@click.argument("bundles", nargs=-1, required=True, type=ANY)
@click.option("--build", "build_dir", required=True, type=FOLDER, help="The task's build.")
@click.option("--data", required=True, type=FILE, help="The test set, DATA.npz.")
@click.option(
    "--registry",
    "registry_file",
    type=FILE,
    help="REGISTRY.json: the commitments, made before the draw.",
)
@click.option(
    "--round", "round_name", help="The round to rank: what precedes a context's last slash."
)
@click.option(
    "--beacon", metavar="HEX", callback=hex_bytes, help="Public randomness that breaks ties."
)
@click.option(
    "--pool-root", metavar="HEX", callback=digest, help="Merkle root of the pool of the test set."
)
@click.option("--batch", type=click.IntRange(0), default=0, help="Number of the batch in the pool.")
@click.option("--allow-dev", is_flag=True, help="Accept development keys.")
@pin_options
@json_option
def rank(
    bundles: tuple[Path, ...],
    build_dir: Path,
    data: Path,
    registry_file: Path | None,
    round_name: str | None,
    beacon: bytes | None,
    pool_root: str,
    batch: int,
    allow_dev: bool,
    circuit: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Verify BUNDLES against the test set and rank them by proven accuracy.

    Every bundle counts for the context it names, ROUND/CONTRIBUTOR; with --registry only
    registered contexts count, each with its registered commitment. One bad bundle doesn't stop
    the others: it is refused, with the reason. Exit code 0 if at least one counts, 1 if none, or
    if the build is not the one that --circuit and --key name.
    """
    from zkpot.consensus.admission import Terms
    from zkpot.consensus.ranking import rank as ranked
    from zkpot.consensus.registry import read_registry
    from zkpot.consensus.submission import read_submission
    from zkpot.prover.verify import Pins, Verifier
    from zkpot.prover.workflow import open_task, read_test_set

    task = open_task(build_dir)
    pins = Pins(circuit, key)
    verifier = Verifier(task.build, task.keys, allow_dev=allow_dev, pins=pins)
    dataset = read_test_set(task.build, data)
    terms = Terms(
        registry=read_registry(registry_file) if registry_file else None,
        round_name=round_name,
        pool_root=pool_root,
        batch=batch,
    )
    with reporting(f"verifying {len(bundles)} bundles"):
        ranking = ranked(
            [read_submission(path) for path in bundles],
            verifier,
            dataset,
            beacon=beacon or bytes.fromhex(dataset.digest),
            terms=terms,
        )
    _warn(ranking, registered=registry_file is not None, beacon_given=beacon is not None)
    if as_json:
        click.echo(json.dumps(ranking.to_json(), indent=1))
    else:
        _show(ranking)
    if not ranking.ranked:
        raise click.exceptions.Exit(1)


def _show(ranking: Ranking) -> None:
    from rich.console import Console

    from .ranking_table import show

    show(ranking, Console(highlight=False))


def _warn(ranking: Ranking, *, registered: bool, beacon_given: bool) -> None:
    """Says what this ranking is not worth."""
    warnings = {
        "development keys: whoever set them up can forge any proof": ranking.trust == "dev",
        "no --registry: names are the bundles' own, and nothing shows that the models were "
        "committed before the test set was known": not registered,
        "no --beacon: ties are broken by the data set's digest; a round that counts takes public "
        "randomness from after the commitments": not beacon_given,
    }
    for text, due in warnings.items():
        if due:
            warn(text)
