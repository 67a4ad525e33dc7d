"""Attempts at a forgery: on a circuit as it is, or on a copy of it that someone broke."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from zkpot.compiler import ops
from zkpot.compiler.field import FIELD
from zkpot.compiler.ops.base import IntArray, int_attr

from .build import compiled, included, library
from .models import Task
from .twin import Hint, freed
from .witness import Witness, complaints, solve


@dataclass(frozen=True)
class Attempt:
    """A witness that no generator vouched for, and what the circuit's equations say of it."""

    witness: Witness
    complaints: list[set[str]]

    @property
    def passes(self) -> bool:
        return not self.complaints

    def objects(self, pattern: str) -> bool:
        """Whether a violated constraint has a signal that matches."""
        return any(re.search(pattern, name) for names in self.complaints for name in names)


def attempt(
    main: str,
    inputs: Mapping[str, Any],
    lies: Mapping[Hint, str] | None = None,
    sources: Mapping[str, str] | None = None,
) -> Attempt:
    """``inputs`` and ``lies`` put to the equations of ``main`` on ``sources`` (the library)."""
    used = included(main, library() if sources is None else sources)
    witness = solve(compiled(*freed(main, used, lies), optimize="O0"), inputs)
    return Attempt(witness, complaints(compiled(main, used), witness))


def replaced(text: str, pattern: str, new: str) -> str:
    """``text`` with the one passage that matches ``pattern`` replaced."""
    found, count = re.subn(pattern, new, text)
    assert count == 1, f"{count} passages match {pattern!r}"
    return found


def without_sponges(text: str) -> str:
    """An emitted circuit with cm and r as inputs: for forgeries that leave the hashes alone."""
    given = re.sub(r"signal output (cm|r) <== Sponge\([^;]*;", r"signal input \1;", text)
    assert given.count("signal input r;") == given.count("signal input cm;") == 1
    return given.replace('include "lib/poseidon.circom";\n', "")


def constants(table: Sequence[Sequence[int]]) -> str:
    """A right side whose value at i, j is table[i][j]."""
    text = "0"
    for i, row in enumerate(table):
        for j, value in enumerate(row):
            text = f"i == {i} && j == {j} ? {value % FIELD} : ({text})"
    return text


def downstream(task: Task, outputs: Mapping[str, IntArray]) -> dict[str, IntArray]:
    """Every value of the model where the first layer's outputs are ``outputs``."""
    values = {task.circuit.graph.data.name: task.data, **task.values, **outputs}
    for node in task.circuit.graph.nodes:
        if node.output.name not in values and node.op != "count_correct":
            inputs = [values[name] for name in node.inputs]
            values[node.output.name] = ops.of(node).evaluate(node, inputs)
    return values


@dataclass(frozen=True)
class Fold:
    """The folded layer's one equation, for a task whose outputs fit one group."""

    task: Task

    @property
    def output(self) -> str:
        return self.task.circuit.entries[0].output.name

    @property
    def stride(self) -> int:
        return int_attr(self.task.circuit.entries[0], "stride")

    def packed(self, rows: IntArray) -> list[int]:
        assert rows.shape[1] <= int_attr(self.task.circuit.entries[0], "slots")
        return [sum(int(v) << (self.stride * j) for j, v in enumerate(row)) for row in rows]

    def right_side(self, outputs: IntArray, r: int) -> int:
        """Σ_i r^i·outpacked_i."""
        return sum(pow(r, i, FIELD) * v for i, v in enumerate(self.packed(outputs))) % FIELD

    def left_side(self, u: Sequence[int], rows: IntArray) -> int:
        """Σ_k u_k·P_k over the given rows of weights."""
        return sum(a * b for a, b in zip(u, self.packed(rows), strict=True)) % FIELD

    def slots(self, element: int, count: int) -> list[int]:
        """Balanced digits of ``element``'s representative nearest to zero; the last takes all."""
        rest = element if element <= FIELD // 2 else element - FIELD
        found, half = [], 1 << (self.stride - 1)
        for _ in range(count - 1):
            digit = (rest + half) % (1 << self.stride) - half
            found.append(digit)
            rest = (rest - digit) >> self.stride
        return [*found, rest]


def winning(task: Task, rng: np.random.Generator, reach: int) -> dict[str, IntArray]:
    """Outputs of the first layer within ``reach`` of 0 at which every label wins, by trial."""
    fold = task.circuit.entries[0]
    for _ in range(100_000):
        drawn = rng.integers(-reach, reach + 1, (task.circuit.samples, fold.output.type.size))
        logits = downstream(task, {fold.output.name: drawn})[task.circuit.evaluation.inputs[0]]
        if (logits.argmax(1) == np.array(task.labels)).all():
            return {fold.output.name: drawn}
    raise AssertionError("no such outputs found")
