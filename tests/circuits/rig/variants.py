"""Several free twins of one circuit, each with lies of its own, in one compile and one witness."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .build import compiled, included, library
from .twin import Hint, freed
from .witness import Witness, solve

Lies = Mapping[Hint, str]
_HEAD = re.compile(r"^(pragma|include|component main)[^;]*;", re.M)
_DEFINED = re.compile(r"\b(?:template|function)\s+(\w+)\s*\(")
_INPUT = re.compile(r"signal input (\w+)((?:\[[^\]]*\])*);")


def _variant(index: int, main: str, lies: Lies) -> str:
    """All sources as one text, with ``lies``, every template and function renamed."""
    free_main, free_sources = freed(main, included(main, library()), lies)
    text = _HEAD.sub("", "\n".join([*free_sources.values(), free_main]))
    names = "|".join(sorted(set(_DEFINED.findall(text))))
    return re.sub(rf"\b({names})\b(?=\s*\()", rf"\1_V{index}", text)


def _joined(main: str, tales: Sequence[Lies]) -> str:
    lines = ["pragma circom 2.2.0;", *(_variant(i, main, t) for i, t in enumerate(tales))]
    lines.append("template Variants() {")
    inputs = _INPUT.findall(main[main.index("template Main()") :])
    lines += [f"    signal input {name}{shape};" for name, shape in inputs]
    for i in range(len(tales)):
        lines.append(f"    component v{i} = Main_V{i}();")
        lines += [f"    v{i}.{name} <-- {name};" for name, _ in inputs]
    return "\n".join([*lines, "}", "component main = Variants();", ""])


def witnesses(main: str, inputs: Mapping[str, Any], tales: Sequence[Lies]) -> list[Witness]:
    """For each of ``tales``, what a generator that checks nothing computes when told so."""
    found: list[Witness] = [{} for _ in tales]
    for name, value in solve(compiled(_joined(main, tales), optimize="O0"), inputs).items():
        variant = re.match(r"main\.v(\d+)\.", name)
        if variant:
            plain = re.sub(rf"_V{variant[1]}(?=#)", "", name[variant.end() :])
            found[int(variant[1])][f"main.{plain}"] = value
    return found
