"""Templates and functions one by one, and many versions of them side by side in one text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from rig.build import library
from rig.twin import uncommented

Definitions = Mapping[str, str]
"""Name to text, from `template` or `function` to the closing brace, without comments."""

_DEFINED = re.compile(r"\b(?:template|function)\s+(\w+)\s*\(")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)(?=\s*\()")


def split(text: str) -> dict[str, str]:
    """The definitions in ``text``."""
    plain, found = uncommented(text), {}
    for match in _DEFINED.finditer(plain):
        end, depth = plain.index("{", match.end()), 0
        while True:
            depth += {"{": 1, "}": -1}.get(plain[end], 0)
            end += 1
            if depth == 0:
                break
        found[match[1]] = plain[match.start() : end]
    return found


@cache
def honest() -> Definitions:
    """Everything that circuits/ defines; no name is defined twice."""
    parts = [split(text) for text in library().values()]
    found = {name: text for part in parts for name, text in part.items()}
    assert len(found) == sum(map(len, parts))
    return found


@cache
def called(text: str) -> tuple[str, ...]:
    """The names before parentheses in ``text``."""
    return tuple(dict.fromkeys(_CALLED.findall(text)))


@cache
def _renamed(text: str, names: tuple[tuple[str, str], ...]) -> str:
    known = dict(names)
    return _CALLED.sub(lambda m: known.get(m[1], m[1]), text)


class Linker:
    """Versions under names of their own; equal ones, down to what they call, become one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def add(self, name: str, definitions: Definitions, adapt: Callable[[str], str]) -> str:
        """The name here of ``definitions[name]`` and all that it calls, each adapted."""
        return self._add(name, definitions, adapt, {})

    def _add(
        self,
        name: str,
        definitions: Definitions,
        adapt: Callable[[str], str],
        done: dict[str, str],
    ) -> str:
        if name not in done:
            text = definitions[name]
            callees = [c for c in called(text) if c in definitions and c != name]
            for callee in callees:
                self._add(callee, definitions, adapt, done)
            ready = _renamed(adapt(text), tuple((c, done[c]) for c in callees))
            if ready not in self._names:
                new = f"{name}_V{len(self._names)}"
                self._names[ready] = new
            done[name] = self._names[ready]
        return done[name]

    def texts(self) -> str:
        """Every version's text, its own name in its head."""
        return "\n".join(
            _DEFINED.sub(lambda m, n=name: re.sub(r"\w+(?=\s*\($)", n, m[0]), text, count=1)
            for text, name in self._names.items()
        )
