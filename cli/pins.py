"""What verify and rank share: the circuit and the key that the task was announced with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def pinned(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """A callback: a SHA-256 in lower case. Given and empty is wrong use, not the same as none."""
    if value is None or re.fullmatch(r"[0-9a-fA-F]{64}", value):
        return value and value.lower()
    raise click.BadParameter("it is 64 hexadecimal digits, as the task was announced with")


def pin_options(command: Command) -> Command:
    """The options that say which circuit and key are meant, whatever the build's files say."""
    key = click.option(
        "--key",
        metavar="SHA256",
        callback=pinned,
        help="The digest that verification_key.json must have, as `zkpot setup` prints it.",
    )
    circuit = click.option(
        "--circuit",
        metavar="ID",
        callback=pinned,
        help="The id that the circuit must have, as `zkpot compile` prints it.",
    )
    return circuit(key(command))
