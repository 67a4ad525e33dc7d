"""zkpot ops: which ONNX operators can be compiled."""

from __future__ import annotations

import textwrap

import click

from .output import json_option, result

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
    constant needs no reader. Attributes: those that are looked at.
    """
    from zkpot.compiler.frontend.supported import Supported, supported_operators

    def lines(one: Supported) -> str:
        name = f"{one.domain}.{one.name}" if one.domain else one.name
        words = " ".join(filter(None, (one.summary, one.limits)))
        body = textwrap.wrap(words, WIDTH - 2, initial_indent="  ", subsequent_indent="  ")
        if one.attributes:
            body.append(f"  attributes: {', '.join(one.attributes)}")
        return "\n".join((f"{name}  [{one.form if one.taken else 'refused'}]", *body))

    found = supported_operators()
    taken = sum(one.taken for one in found)
    text = "\n".join((*map(lines, found), f"{taken} operators"))
    result(as_json, {"operators": [one.to_json() for one in found]}, text)
