"""Which template stands behind a signal's path, and which instance owns a constraint.

Both are read from the sources alone: a path that they don't explain is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .build import included, library
from .twin import uncommented

Path = tuple[str, ...]
"""A component from main down: ("main", "c0", "RangeChecked#0", "range[1]", "bits[0]")."""

_TEMPLATE = re.compile(r"\btemplate\s+(\w+)\s*\([^)]*\)\s*\{")
_MAIN = re.compile(r"\bcomponent\s+main\b[^=;]*=\s*(\w+)\s*\(")
_SIGNAL = re.compile(r"\bsignal\s+(?:(input|output)\s+)?(\w+)\s*([;<,{]|\w)")
_COMPONENT = re.compile(r"\bcomponent\s+(\w+)\s*[;=]")
_MADE = re.compile(r"(\w+)\s*=\s*$")
_INDEX = re.compile(r"\[[^\[\]]*\]")


def _unindexed(text: str) -> str:
    """``text`` without anything in square brackets."""
    count = 1
    while count:
        text, count = _INDEX.subn("", text)
    return text


def _closed(text: str, start: int, pair: str) -> int:
    """The place after the bracket that closes the one at ``start``."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == pair[0]) - (text[place] == pair[1])
        if depth == 0:
            return place + 1
    raise AssertionError(f"no {pair[1]} closes {text[start : start + 40]!r}")


@dataclass(frozen=True)
class Template:
    """A template's declarations. ``body``: its text, without comments and indices."""

    file: str
    name: str
    body: str
    signals: Mapping[str, str]
    """Each with "input", "output" or ""."""
    components: Mapping[str, str]
    """Each with its template; an anonymous one, T(…)(…), goes by the name `T#`."""

    def assigns(self, target: str) -> bool:
        """Whether `<==` gives ``target``, a signal or component.input, its value."""
        return re.search(rf"(?<![\w.]){re.escape(target)}\s*<==", self.body) is not None


def _signals(name: str, body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, signal, after in _SIGNAL.findall(body):
        assert after in ("; <"), f"{name} declares {signal} in a new way"
        assert signal not in found, f"{name} declares {signal} twice"
        found[signal] = kind
    assert len(found) == len(re.findall(r"\bsignal\b", body)), f"{name}: a signal is missed"
    return found


def _components(name: str, body: str, known: Collection[str]) -> dict[str, str]:
    """Every mention of a template in ``body`` makes a declared component, or an anonymous one."""
    declared = set(_COMPONENT.findall(body))
    found: dict[str, str] = {}
    for call in re.finditer(r"\b(\w+)\s*\(", body):
        template = call[1]
        if template not in known:
            continue
        end = _closed(body, call.end() - 1, "()")
        if body[end:].lstrip().startswith("("):
            found[f"{template}#"] = template
            continue
        made = _MADE.search(body[: call.start()])
        assert made and made[1] in declared, f"{name} makes {template} in a new way"
        assert found.setdefault(made[1], template) == template, f"{name}.{made[1]} is ambiguous"
    assert declared == {c for c in found if not c.endswith("#")}, f"{name}: {declared}, {found}"
    return found


def templates(sources: Mapping[str, str]) -> dict[str, Template]:
    """Every template of ``sources`` by name."""
    parts: dict[str, tuple[str, str]] = {}
    for path, text in sources.items():
        if not re.search(r"\btemplate\b", text):
            continue  # functions alone, thousands of constants among them
        plain = _unindexed(uncommented(text))
        for match in _TEMPLATE.finditer(plain):
            assert match[1] not in parts, f"two templates are called {match[1]}"
            start = match.end() - 1
            parts[match[1]] = (path, plain[start : _closed(plain, start, "{}")])
        assert len(_TEMPLATE.findall(plain)) == len(re.findall(r"\btemplate\b", plain)), path
    return {
        name: Template(path, name, body, _signals(name, body), _components(name, body, parts))
        for name, (path, body) in parts.items()
    }


@dataclass(frozen=True)
class Instances:
    """The component instances of a circuit whose text is ``main``."""

    main: str

    @cached_property
    def templates(self) -> dict[str, Template]:
        return templates({"": self.main, **included(self.main, library())})

    @cached_property
    def _root(self) -> str:
        found = _MAIN.findall(uncommented(self.main))
        assert len(found) == 1, f"main is made {len(found)} times"
        return found[0]

    def chain(self, path: Path) -> list[str]:
        """The templates of the components along ``path``."""
        assert path[0] == "main", f"{'.'.join(path)} doesn't start at main"
        found = [self._root]
        for component in path[1:]:
            inside = self.templates[found[-1]]
            name = call_of(component)
            assert name in inside.components, f"{inside.name} has no component {component}"
            found.append(inside.components[name])
        return found

    def template(self, path: Path) -> str:
        """The template of the component at ``path``."""
        return self.chain(path)[-1]

    def place(self, signal: str) -> tuple[Path, str]:
        """The innermost component in ``signal``'s full name, and the signal's name there."""
        *path, last = signal.split(".")
        name = _unindexed(last)
        inside = self.templates[self.template(tuple(path))]
        assert name in inside.signals, f"{inside.name} has no signal {last} ({signal})"
        return tuple(path), name

    def owner(self, names: Collection[str]) -> Path:
        """The instance that a constraint on exactly the signals ``names`` stands in.

        It can speak of its own signals and of its components' inputs and outputs. Where two
        instances could have written it (a component's input equal to its output) it is the inner.
        """
        assert names, "a constraint on no signals belongs to nobody"
        writers = [set(self._writers(name)) for name in names]
        common = set.intersection(*writers)
        assert common, f"no instance can speak of all of {sorted(names)}"
        return max(common, key=len)

    def _writers(self, signal: str) -> Iterator[Path]:
        path, name = self.place(signal)
        yield path
        if self.templates[self.template(path)].signals[name] and len(path) > 1:
            yield path[:-1]


def call_of(component: str) -> str:
    """`range[1]` as `range`, `RangeChecked#0` as `RangeChecked#`: the call in the template."""
    return re.sub(r"#\d+$", "#", _unindexed(component))
