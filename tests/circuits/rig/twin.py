"""Free twins: a circuit whose witness generator checks nothing, so that it can write any lie.

A twin is derived from the real sources: each lie stands where the hint stood, every `===` is gone
and every `<==` is a `<--`. Its witness is then put to the real circuit's equations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
_STATEMENT = re.compile(r"[^;{}]*[;{}]|[^;{}]+$")
# An anonymous component, T(…)(…), is the one right side that Circom allows no other operator for;
# its equality only names the component's output.
_ASSIGN = re.compile(r"<==(?!\s*\w+\([^;]*\)\s*\()")
_HINT = re.compile(r"(?:signal\s+)?([\w.]+(?:\[[^;<]*\])?)\s*<--\s*([^;]*);")
_TEMPLATE = re.compile(r"\btemplate\s+(\w+)\s*\(")


@dataclass(frozen=True, order=True)
class Hint:
    """A signal that no constraint assigns: where it is, and what it is called there."""

    file: str
    template: str
    target: str


def uncommented(text: str) -> str:
    return _COMMENT.sub("", text)


def _unchecked(text: str) -> str:
    """``text`` without its `===` statements, and with `<--` for every `<==` that may be one."""
    kept = [s for s in _STATEMENT.findall(text) if "===" not in s]
    return _ASSIGN.sub("<--", "".join(kept))


def hints(sources: Mapping[str, str]) -> dict[Hint, str]:
    """Every `<--` in ``sources`` with its right side."""
    found: dict[Hint, str] = {}
    for path, text in sources.items():
        plain = uncommented(text)
        names = [(m.start(), m[1]) for m in _TEMPLATE.finditer(plain)]
        matches = list(_HINT.finditer(plain))
        assert len(matches) == plain.count("<--"), f"a hint of {path} is written in a new way"
        for match in matches:
            template = [name for start, name in names if start < match.start()][-1]
            hint = Hint(path, template, match[1])
            assert hint not in found, f"{hint} is assigned twice"
            found[hint] = match[2]
    return found


def patched(sources: Mapping[str, str], path: str, old: str, new: str) -> dict[str, str]:
    """``sources`` with one passage of one file replaced; the passage must be there, once."""
    assert sources[path].count(old) == 1, f"{path} has {sources[path].count(old)} times {old!r}"
    return {**sources, path: sources[path].replace(old, new)}


def _lied(text: str, lies: Mapping[Hint, str]) -> str:
    for hint, lie in lies.items():
        start = re.search(rf"\btemplate\s+{hint.template}\s*\(", text)
        assert start is not None
        assignment = re.compile(rf"{re.escape(hint.target)}\s*<--[^;]*;")
        body, count = assignment.subn(
            lambda _, h=hint, e=lie: f"{h.target} <-- {e};", text[start.start() :], 1
        )
        assert count == 1
        text = text[: start.start()] + body
    return text


def freed(
    main: str, sources: Mapping[str, str], lies: Mapping[Hint, str] | None = None
) -> tuple[str, dict[str, str]]:
    """The free twin of ``main`` and of ``sources``; ``lies`` replace hints' right sides."""
    told = lies or {}
    unknown = set(told) - set(hints(sources))
    assert not unknown, f"no such hints: {unknown}"

    def free(path: str, text: str) -> str:
        lied = _lied(uncommented(text), {h: e for h, e in told.items() if h.file == path})
        return _unchecked(lied)

    return free("", main), {path: free(path, text) for path, text in sources.items()}
