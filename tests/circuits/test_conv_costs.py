"""The cost of linear layers: constraints to the one, wires and non-zeros within a percent."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from rig.build import compiled
from rig.calls import Call, Case, constraint_counts, source
from rig.layers import EVERY, LAYERS, Shape, fitting, window
from zkpot.compiler import ops
from zkpot.compiler.errors import SoundnessError
from zkpot.compiler.ops.geometry import flat


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


@pytest.mark.parametrize("count", [3, 9])
def test_a_power_of_the_challenge_costs_one_product(count):
    main = f"""pragma circom 2.2.0;
include "lib/powers.circom";
template Main() {{
    signal input r;
    signal powers[{count}] <== Powers({count})(r);
    signal output out <== powers[{count - 1}] * powers[1];
}}
component main = Main();
"""
    assert len(compiled(main).equations) == count - 2 + 1


LENET = window((6, 14, 14), (5, 5), (10, 10))
FULLY = flat(400)
GOLDEN = [
    # op, geometry, outputs, slots, rows, constraints for 16 samples
    ("conv_packed", LENET, 16, 1, 11, 146 * 150 * 16),
    ("conv_packed", LENET, 16, 11, 1, 1600 * 150 * 2 + 150 * 2),
    ("conv_freivalds", LENET, 16, 11, 1, 22_877),
    ("conv_packed", FULLY, 120, 11, 1, 16 * 400 * 11 + 400 * 11),
    ("conv_freivalds", FULLY, 120, 11, 1, 15 * 400 + 1 + 11 * (400 + 1 + 15)),
]


@pytest.mark.parametrize(("op", "geometry", "width", "slots", "rows", "expected"), GOLDEN)
def test_layers_of_lenet_cost_what_they_did(op, geometry, width, slots, rows, expected):
    assert Shape(geometry, 16, width, True, slots, rows).case(op).constraints == expected


def test_a_fold_inside_the_circuit_is_of_one_group():
    grouped = Shape(window((2, 2, 2), (1, 1), (2, 2)), 1, 2, False, 1, groups=2)
    with pytest.raises(SoundnessError, match="2 groups"):
        _ = grouped.case("conv_freivalds").constraints


@pytest.mark.parametrize("shape", LAYERS, ids=range(len(LAYERS)))
def test_the_powers_cover_every_exponent(shape):
    one = shape.case("conv_freivalds")
    count = ops.of(one.node).powers(one.node, one.graph, one.samples)
    assert one.call.inputs[0] == (count,) and one.call.parameters[-1] == count
    g = shape.geometry
    reach = [
        (g.output[a] - 1) * g.strides[a] + (g.kernel[a] - 1) * g.dilations[a] + 1 for a in (0, 1)
    ]
    assert count == max(shape.samples * reach[0] * reach[1], 2)
