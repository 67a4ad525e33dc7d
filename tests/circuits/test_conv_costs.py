"""The cost of linear layers: constraints to the one, wires and non-zeros within a percent."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from rig.build import compiled
from rig.calls import Call, Case, constraint_counts, source
from rig.layers import EVERY, LAYERS, fitting
from zkpot.compiler import ops


def cases(op: str) -> list[Case]:
    return [shape.case(op) for shape in fitting(LAYERS if op == "conv_freivalds" else EVERY)]


OPS = ("conv_packed", "conv_folded", "conv_freivalds")


@pytest.mark.parametrize("op", OPS)
def test_the_formula_is_the_count(op):
    made = cases(op)
    found = constraint_counts([c.call for c in made])
    expected = [c.constraints for c in made]
    assert found == expected, [
        (i, c.call.parameters, a, b)
        for i, (c, a, b) in enumerate(zip(made, found, expected, strict=True))
        if a != b
    ]


def measured(calls: Sequence[Call]) -> list[tuple[int, int]]:
    """Of each call: wires that its constraints add to its inputs, and non-zeros."""
    built = compiled(source(calls))
    given = {wire for name, wire in built.names.items() if re.match(r"main\.c\d+_x", name)}
    added: list[set[int]] = [set() for _ in calls]
    nonzeros = [0] * len(calls)
    for row in range(len(built.equations)):
        wires = built.equations.wires_of(row)
        owner = int(re.match(r"main\.c(\d+)", built.wires[min(wires)])[1])
        added[owner] |= wires - given
        parts = (built.equations.a, built.equations.b, built.equations.c)
        nonzeros[owner] += sum(len(part[row]) for part in parts)
    return list(zip(map(len, added), nonzeros, strict=True))


@pytest.mark.parametrize("op", OPS)
def test_sizes_are_exact_within_a_percent(op):
    made = cases(op)
    for one, (wires, nonzeros) in zip(made, measured([c.call for c in made]), strict=True):
        size = ops.of(one.node).size(one.node, one.graph, one.samples)
        assert abs(size.wires - wires) <= 0.01 * wires, (one.call, size, wires)
        assert abs(size.nonzeros - nonzeros) <= 0.01 * nonzeros + 2, (one.call, size, nonzeros)
