"""What prove and verify share: the context's options, and how a proven count is worded."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import click

Command = Callable[..., Any]


def hex_digest(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """A callback for an option that takes a Merkle root, or nothing."""
    try:
        if len(bytes.fromhex(value)) in (0, 32):
            return value.lower()
    except ValueError:
        pass
    raise click.BadParameter("it is 64 hexadecimal digits, a Merkle root")


_OPTIONS = (
    click.option("--context", required=True, help="Who proves, in which task and round: any text."),
    click.option(
        "--pool-root",
        default="",
        metavar="HEX",
        callback=hex_digest,
        help="Merkle root of the pool that the test set was drawn from.",
    ),
    click.option(
        "--batch", type=click.IntRange(0), default=0, help="Number of the batch in the pool."
    ),
)


def context_options(command: Command) -> Command:
    """The options that name a proof's context: both sides must give the same."""
    return reduce(lambda inner, option: option(inner), reversed(_OPTIONS), command)


def described(correct: int, samples: int, cm: str, trust: str) -> str:
    """The statement in words."""
    share = f"{correct / samples:.1%}"
    return f"{correct} of {samples} correct ({share})\ncm     {cm}\ntrust  {trust}"
