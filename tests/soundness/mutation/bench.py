"""Trials of many mutants in one circuit: one compile, one witness, judged outside of any tool."""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from rig.build import Built
from rig.equations import Combination, Equations
from rig.witness import solve
from zkpot.compiler.field import FIELD
from zkpot.prover.toolchain import toolchain

from .definitions import Definitions, Linker, split
from .trials import Trial, told, unchecked

TIMEOUT_S = 120.0
_PART = re.compile(r"main\.(v\d+(?:\[\d+\])?)\.(.*)")
_ANONYMOUS = re.compile(r"\b(\w+?)_V\d+(_\d+_\d+|#\d+)(?=[.\[]|$)")
_SIGNAL = re.compile(r"signal input (\w+)((?:\[[^\]]*\])*);")
Terms = list[tuple[str, int]]
Row = tuple[Terms, Terms, Terms]
"""A, B and C of a constraint A·B = C, by signal name."""
ONE = ""
"""The name of the constant wire."""


@dataclass(frozen=True)
class Put:
    """A trial of the library with ``definitions``."""

    definitions: Definitions
    trial: Trial


@dataclass
class _Group:
    """The trials of one linked main, whose inputs lie one after the other."""

    shapes: list[tuple[str, tuple[int, ...]]]
    inputs: list[list[int]] = field(default_factory=list)


class Names:
    """Signal names of parts: by order where Circom numbers anonymous components by their place."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))

    def of(self, part: str, name: str) -> str:
        seen = self._seen[part.split("[")[0]]

        def renamed(match: re.Match[str]) -> str:
            return f"{match[1]}#{seen[match[1]].setdefault(match[2], len(seen[match[1]]))}"

        return _ANONYMOUS.sub(renamed, name)


def _inputs(main: str) -> list[tuple[str, tuple[int, ...]]]:
    found = _SIGNAL.findall(split(main)["Main"])
    return [(name, tuple(map(int, re.findall(r"\d+", dims)))) for name, dims in found]


def _flat(value: Any) -> list[int]:
    return [int(v) % FIELD for v in np.array(value, object).ravel()]


def _wired(
    group: int, name: str, copies: int, shapes: Sequence[tuple[str, tuple[int, ...]]]
) -> str:
    """``copies`` components of ``name``, their inputs taken from x from ``at`` on."""
    size = sum(int(np.prod(shape)) for _, shape in shapes)
    lines = [f"component v{group}[{copies}];", f"for (var t = 0; t < {copies}; t++) {{"]
    lines.append(f"v{group}[t] = {name}();")
    offset = 0
    for signal, shape in shapes:
        letters = "abcdef"[: len(shape)]
        for letter, extent in zip(letters, shape, strict=True):
            lines.append(f"for (var {letter} = 0; {letter} < {extent}; {letter}++) {{")
        place = "0"
        for letter, extent in zip(letters, shape, strict=True):
            place = f"({place}) * {extent} + {letter}"
        index = "".join(f"[{letter}]" for letter in letters)
        lines.append(f"v{group}[t].{signal}{index} <-- x[base + t * {size} + {offset} + {place}];")
        lines.append("}" * len(shape))
        offset += int(np.prod(shape))
    return "\n".join([*lines, "}", f"base += {size * copies};"])


def _joined(linker: Linker, groups: Mapping[str, _Group], total: int) -> str:
    wired = [
        _wired(i, name, max(len(g.inputs), 1), g.shapes)
        for i, (name, g) in enumerate(groups.items())
    ]
    return "\n".join(
        [
            "pragma circom 2.2.0;",
            linker.texts(),
            "template Joined() {",
            f"signal input x[{max(total, 1)}];",
            "var base = 0;",
            *wired,
            "}",
            "component main = Joined();",
            "",
        ]
    )


class Refused(Exception):
    """circom2 refuses what the puts at these places need."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"{len(places)} refused")
        self.places = places


def _compile(work: Path, text: str, mains: Sequence[str], *options: str) -> None:
    (work / "main.circom").write_text(text)
    args = ["main.circom", "--r1cs", "--sym", *options]
    done = toolchain().run("circom2", args, cwd=work, timeout_s=TIMEOUT_S, what="compiling mutants")
    said = done.stdout + done.stderr
    if "Everything went okay" not in said:
        blamed = set(re.findall(r"->(Main_V\d+)", said)) or set(mains)
        raise Refused([i for i, name in enumerate(mains) if name in blamed])


def witnesses(puts: Sequence[Put]) -> list[dict[str, int]]:
    """What each trial's generator computes, nothing checked, by signal name within its main."""
    linker, groups, places, mains = Linker(), dict[str, _Group](), [], []
    for put in puts:
        name = linker.add("Main", told(put.definitions, put.trial), unchecked)
        group = groups.setdefault(name, _Group(_inputs(put.trial.main)))
        flat = [v for signal, _ in group.shapes for v in _flat(put.trial.inputs[signal])]
        if flat not in group.inputs:
            group.inputs.append(flat)
        places.append((list(groups).index(name), group.inputs.index(flat)))
        mains.append(name)
    x = [v for group in groups.values() for one in group.inputs for v in one]
    with tempfile.TemporaryDirectory(prefix="zkpot-mutants-") as folder:
        work = Path(folder)
        _compile(work, _joined(linker, groups, len(x)), mains, "--wasm", "--O0")
        values = solve(Built(work), {"x": x or [0]})
    found: dict[str, dict[str, int]] = defaultdict(dict)
    names = Names()
    for name, value in values.items():
        if match := _PART.match(name):
            found[match[1]][names.of(match[1], match[2])] = value
    return [found[f"v{group}[{copy}]"] for group, copy in places]


@dataclass(frozen=True, eq=False)
class Part:
    """One main's constraints, by signal name within it, and all its signals, read or not."""

    rows: list[Row]
    signals: frozenset[str]

    def violated(self, witness: Mapping[str, int]) -> list[int]:
        def value(terms: Terms) -> int:
            return sum(c * (witness[n] if n else 1) for n, c in terms)

        return [
            i for i, (a, b, c) in enumerate(self.rows) if (value(a) * value(b) - value(c)) % FIELD
        ]

    @cached_property
    def _alone(self) -> set[str]:
        """Signals that stand once in all constraints."""
        count = Counter(n for row in self.rows for terms in row for n, _ in terms)
        return {n for n, times in count.items() if times == 1}

    def repaired(self, witness: Mapping[str, int]) -> bool:
        """Whether a prover could satisfy what ``witness`` violates by one free signal a constraint:
        one that stands in it alone, as a summand, and is no input."""
        return all(
            any(n in self._alone and not n.startswith("c0_x") for n, _ in self.rows[row][2])
            for row in self.violated(witness)
        )


def equations(puts: Sequence[tuple[Definitions, str]], level: str = "O0") -> list[Part]:
    """The constraints of every main against its definitions."""
    linker, groups, mains = Linker(), dict[str, _Group](), []
    for definitions, main in puts:
        mains.append(linker.add("Main", {**definitions, **split(main)}, str))
        groups.setdefault(mains[-1], _Group(_inputs(main)))
    total = sum(int(np.prod(s)) for g in groups.values() for _, s in g.shapes)
    with tempfile.TemporaryDirectory(prefix="zkpot-mutants-") as folder:
        work = Path(folder)
        _compile(work, _joined(linker, groups, total), mains, f"--{level}")
        wires = _wires(work)
        rows = _by_part(Built(work).equations, wires)
    signals: dict[str, set[str]] = defaultdict(set)
    for part, name in wires.values():
        signals[part].add(name)
    place = {name: f"v{i}[0]" for i, name in enumerate(groups)}
    parts = {name: Part(rows[part], frozenset(signals[part])) for name, part in place.items()}
    return [parts[name] for name in mains]


def _wires(work: Path) -> dict[int, tuple[str, str]]:
    """Every wire's part, and its name there."""
    names = Names()
    found: dict[int, tuple[str, str]] = {}
    for line in (work / "main.sym").read_text().splitlines():
        _, wire, _, name = line.split(",", 3)
        if (match := _PART.match(name)) and int(wire) > 0:
            found.setdefault(int(wire), (match[1], names.of(match[1], match[2])))
    return found


def _by_part(found: Equations, names: Mapping[int, tuple[str, str]]) -> dict[str, list[Row]]:
    parts: dict[str, list[Row]] = defaultdict(list)

    def named(terms: Combination) -> list[tuple[str, int]]:
        return [(names[w][1] if w else ONE, c) for w, c in terms]

    for a, b, c in zip(found.a, found.b, found.c, strict=True):
        owners = {names[w][0] for terms in (a, b, c) for w, _ in terms if w}
        assert len(owners) <= 1, f"a constraint between {owners}"
        for owner in owners:
            parts[owner].append((named(a), named(b), named(c)))
    return parts
