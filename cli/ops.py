"""zkpot ops: which ONNX operators can be compiled."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from .output import json_option, result

if TYPE_CHECKING:
    from zkpot.compiler.frontend.supported import Supported

EPILOG = """\b
Example:
  zkpot ops
  zkpot ops --json
"""

WIDTH = 100


@click.command(epilog=EPILOG)
@json_option
def ops(as_json: bool) -> None:
    """List the ONNX operators that an int8 model may hold.

    QDQ: on dequantized tensors, between DequantizeLinear and QuantizeLinear, as quantize_static
    writes them; QOperator and integer: on the integers themselves. An operator whose inputs are all
    constant needs no reader. Behind a name in brackets: the attributes that are taken, or refused
    by their value.
    """
    from zkpot.compiler.frontend.supported import supported_operators

    found = supported_operators()
    groups: dict[tuple[str, str], list[Supported]] = {}
    for one in found:
        words = " ".join(filter(None, (one.summary, one.limits)))
        groups.setdefault((one.form if one.taken else "refused", words), []).append(one)
    blocks = ["\n".join(_lines(form, words, alike)) for (form, words), alike in groups.items()]
    taken = sum(one.taken for one in found)
    text = "\n\n".join((*blocks, f"{taken} operators"))
    result(as_json, {"operators": [one.to_json() for one in found]}, text)


def _lines(form: str, words: str, alike: Sequence[Supported]) -> Iterator[str]:
    """Operators that are read alike, with their attributes, and what is taken of them."""
    yield from textwrap.wrap(f"{', '.join(map(_name, alike))}  [{form}]", WIDTH)
    yield from textwrap.wrap(words, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _name(one: Supported) -> str:
    name = f"{one.domain}.{one.name}" if one.domain else one.name
    return f"{name}({', '.join(one.attributes)})" if one.attributes else name
