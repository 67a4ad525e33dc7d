"""How a ranking looks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from zkpot.consensus.ranking import Ranked, Ranking
from zkpot.consensus.refusal import Refused
from zkpot.consensus.submission import submitter


def show(ranking: Ranking, console: Console) -> None:
    """Prints the places, what the order is worth, and every refusal with its reason."""
    if ranking.ranked:
        console.print(_places(ranking.ranked))
        console.print(_overlaps(ranking.ranked))
    else:
        console.print("No bundle counts.", style="bold")
    if ranking.refused:
        console.print(_refusals(ranking.refused))


def visible(text: str) -> Text:
    """Text from a bundle: no markup, and nothing that could steer the terminal."""
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def _places(ranked: Sequence[Ranked]) -> Table:
    table = Table(title="Ranking by proven accuracy", title_justify="left")
    for heading in ("rank", "contributor", "k / n", "accuracy", "95% interval (Wilson)", "bundle"):
        words = heading in ("contributor", "bundle")
        table.add_column(heading, justify="left" if words else "right")
    for entry in ranked:
        low, high = entry.interval.low, entry.interval.high
        table.add_row(
            str(entry.rank),
            visible(entry.contributor),
            f"{entry.correct} / {entry.samples}",
            f"{entry.accuracy:.1%}",
            f"{low:.1%} to {high:.1%}",
            visible(Path(entry.bundle).name),
        )
    return table


def _overlaps(ranked: Sequence[Ranked]) -> Text:
    leader, *others = ranked
    close = [entry.contributor for entry in others if entry.overlaps_leader]
    if not close:
        return Text("No other interval meets the leader's.")
    names = visible(", ".join(close))
    return names + Text(f": interval overlaps {visible(leader.contributor)}'s, may be chance.")


def _refusals(refusals: Sequence[Refused]) -> Table:
    table = Table(title="Refused", title_justify="left")
    for heading in ("bundle", "as", "reason", "why"):
        table.add_column(heading)
    for entry in refusals:
        table.add_row(
            visible(Path(entry.bundle).name if entry.bundle else "none"),
            visible(submitter(entry.context or "?").contributor),
            entry.reason,
            visible(entry.why),
        )
    return table
