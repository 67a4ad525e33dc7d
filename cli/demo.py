"""zkpot demo: a round of five contributors on handwritten digits, two of whom cheat."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from .output import json_option

if TYPE_CHECKING:
    from rich.console import Console
    from zkpot.consensus.demo.round import Played
    from zkpot.prover.process import Progress

SAMPLES = 40
"""Large enough to tell a good model from a poor one, and proved in about ten seconds."""


@click.command()
@click.option(
    "--samples",
    type=click.IntRange(1, 400),
    default=SAMPLES,
    show_default=True,
    help="Size of the test batch.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep all files here."
)
@click.option("--keep", is_flag=True, help="Keep the files in a temporary folder.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, help="Decides the split and the trainings."
)
@json_option
def demo(samples: int, out: Path | None, keep: bool, seed: int, as_json: bool) -> None:
    """Train, commit, draw, prove, verify and rank: a whole round on real data.

    scikit-learn's digits are split among five contributors. One has poor data; one inflates its
    k and then proves on labels of its own; one copies a rival's proof. Exit code 0 if the honest
    ones are ranked and every forgery is refused, 1 otherwise.

    \b
    Example:
      zkpot demo --samples 20 --out round
    """
    from rich.console import Console
    from zkpot.consensus.demo.round import play

    from .ranking_table import show

    console = Console(stderr=as_json, highlight=False)
    steps = _Steps(console)
    with _folder(out, keep) as folder:
        played = play(folder, samples, seed, steps)
        seconds = time.monotonic() - steps.start
        if as_json:
            click.echo(
                json.dumps(_report(played, seconds, folder if out or keep else None), indent=1)
            )
        else:
            show(played.ranking, console)
            _explain(console, played, seconds)
        if out or keep:
            console.print(_command(folder, played), soft_wrap=True, markup=False)
    if not played.as_expected:
        raise click.exceptions.Exit(1)


@contextmanager
def _folder(out: Path | None, keep: bool) -> Iterator[Path]:
    from zkpot.compiler.errors import InputError

    if out is not None:
        if out.exists() and any(out.iterdir()):
            raise InputError(
                f"{out} is not empty",
                why="the demonstration would mix with what is there",
                remedy="name a new folder",
            )
        try:
            yield out
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            raise
        return
    made = Path(tempfile.mkdtemp(prefix="zkpot-demo-"))
    try:
        yield made
    finally:
        if not keep:
            shutil.rmtree(made, ignore_errors=True)


class _Steps:
    """Prints each step with its time once it is done, and what it is doing meanwhile."""

    def __init__(self, console: Console) -> None:
        self.console, self.start = console, time.monotonic()

    @contextmanager
    def __call__(self, who: str, what: str) -> Iterator[Progress]:
        begun, title = time.monotonic(), f"[bold]{who:<10}[/bold] {what}"
        with self.console.status(title) as status:
            yield lambda line: status.update(f"{title}: {escape(line)}")
        self.console.print(f"{time.monotonic() - begun:6.1f} s  {title}", soft_wrap=True)


def _report(played: Played, seconds: float, folder: Path | None) -> dict[str, Any]:
    return {
        **played.ranking.to_json(),
        "as_expected": played.as_expected,
        "samples": played.published.task.build.circuit.samples,
        "constraints": played.published.task.build.record.constraints,
        "pool_root": played.published.pool_root.hex(),
        "batch": list(played.indices),
        "seconds": round(seconds, 1),
        "folder": str(folder) if folder else None,
    }


def _explain(console: Console, played: Played, seconds: float) -> None:
    verdict = (
        "The three honest contributors are ranked, the cheats refused."
        if played.as_expected
        else "This is not the outcome that the demonstration should have."
    )
    lines = (
        f"{verdict} {seconds:.0f} seconds in all.",
        "What was shown: each has committed weights, fixed before the batch was drawn, that "
        "classify exactly k of its samples correctly. Not: on which data they were trained.",
        "Stand-ins: development keys (whoever makes them can forge), and a beacon from this "
        "machine's randomness where a round that counts takes a public one such as drand.",
    )
    for line in lines:
        console.print(line, soft_wrap=True)


def _command(folder: Path, played: Played) -> str:
    """The command that ranks the same bundles again."""
    bundles = sorted((folder / "bundles").iterdir())
    arguments = [
        *("zkpot", "rank", *bundles, "--build", folder / "build", "--data", folder / "batch.npz"),
        *("--registry", folder / "registry.json", "--pool-root", played.published.pool_root.hex()),
        *("--beacon", played.beacon.hex(), "--allow-dev"),
    ]
    return f"Rank them again: {shlex.join(map(str, arguments))}"
