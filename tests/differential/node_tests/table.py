"""Which node tests are not run, and why: skipped.txt, reasons with the cases below them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).with_name("skipped.txt")


def skipped() -> dict[str, str]:
    """The reason by case."""
    found: dict[str, str] = {}
    reason = ""
    for line in FILE.read_text().splitlines():
        if line.startswith(" "):
            found.update(dict.fromkeys(line.split(), reason))
        else:
            reason = line
    return found


def text(reasons: Mapping[str, str]) -> str:
    """The table of these ``reasons``, by case."""
    blocks = []
    for reason in sorted(set(reasons.values())):
        names = " ".join(sorted(name for name, why in reasons.items() if why == reason))
        blocks.append(f"{reason}\n" + textwrap.indent(textwrap.fill(names, 94), "    "))
    return "\n".join(blocks) + "\n"
