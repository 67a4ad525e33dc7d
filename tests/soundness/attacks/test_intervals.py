"""Carries between packed slots, by witnesses that use all of what the constraints permit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from rig.build import library
from rig.forge import Fold, attempt, constants, downstream, replaced, without_sponges
from rig.models import Task, shifted
from rig.twin import Hint
from tally import counted
from zkpot.compiler.ops.base import int_attr

OUT = Hint("nn/conv_packed.circom", "ConvPackedBlock", "out[i][at]")
Logits = tuple[int, ...]


@dataclass(frozen=True)
class Permitted:
    """What LabelIsArgmax(n, lo) permits: the interval of design 3.2, as its constraints have it."""

    bits: int
    lo: int

    def by_constraints(self, y: Logits, label: int) -> bool:
        """Whether every sign decomposition exists: e_j in [0, 2^n)."""
        half = 1 << (self.bits - 1)
        signs = [
            y[label] - v - (j < label) + (v - self.lo) * (j == label) + half
            for j, v in enumerate(y)
        ]
        return all(0 <= e < 2 * half for e in signs)


def carries(stride: int, slots: int) -> Iterator[Logits]:
    """Every way to move up to two units of a place, with the packed sum as it was."""
    for moved in product(range(-2, 3), repeat=slots - 1):
        if any(moved):
            over = [0, *moved, 0]
            yield tuple(over[j] - (over[j + 1] << stride) for j in range(slots))


def counting(text: str) -> Permitted:
    """The parameters that the emitted circuit counts with."""
    found = re.search(r"CountCorrect\(\d+, \d+, (\d+), (-?\d+)\)", text)
    assert found
    return Permitted(int(found[1]), int(found[2]))


def stride_of(task: Task) -> int:
    (node,) = (n for n in task.circuit.graph.nodes if n.op == "conv_packed")
    return int_attr(node, "stride")


def plus(y: Logits, step: Logits) -> Logits:
    return tuple(a + b for a, b in zip(y, step, strict=True))


@counted("attacks")
def test_no_carry_fits_into_what_the_logits_constraints_permit():
    """From every corner of the honest interval, to anywhere in the permitted one."""
    task = shifted()
    permitted, stride = counting(task.text), stride_of(task)
    ends = (permitted.lo, permitted.lo + (1 << (permitted.bits - 1)) - 1)

    def possible(width: int) -> bool:
        return any(
            permitted.by_constraints(plus(corner, step), label)
            for corner in product(ends, repeat=3)
            for step in carries(width, 3)
            for label in range(3)
        )

    assert all(permitted.by_constraints(c, j) for c in product(ends, repeat=3) for j in range(3))
    assert not possible(stride)
    assert possible(stride - 2)


@counted("attacks")
def test_an_accumulator_overflows_into_the_next_slot():
    """The label's logit gets what the slot before it gives up; at a narrower stride, unnoticed."""
    task = shifted()
    task = replace(task, labels=[1, 1, 1])
    permitted, stride = counting(task.text), stride_of(task)
    rows = [tuple(map(int, row)) for row in task.interpreted()[task.circuit.evaluation.inputs[0]]]

    def winning(row: Logits, width: int) -> list[Logits]:
        lies = [plus(row, step) for step in carries(width, 3)]
        return [y for y in lies if permitted.by_constraints(y, 1) and max(y) == y[1] > y[0]]

    narrow = max(s for s in range(2, stride) if all(winning(row, s) for row in rows))
    statement = task.statement()
    inputs = {**task.inputs(statement), "cm": statement.cm, "r": statement.r}
    main = without_sponges(task.text)
    lies = {OUT: constants([winning(row, narrow)[0] for row in rows])}
    text = replaced(main, r"(ConvPacked\([^)]*, )\d+(, -?\d+, \d+\))", rf"\g<1>{narrow}\g<2>")
    calibrated = attempt(text, inputs, lies)
    assert calibrated.passes
    assert calibrated.witness["main.k"] == 3 > statement.k

    # The same lies, and carries at the real stride, violate what they leave or the equation.
    assert attempt(main, inputs, lies).objects(r"v_private_weight_2\[")
    at_stride = [plus(row, (-(1 << stride), 1, 0)) for row in rows]
    carried = attempt(main, inputs, {OUT: constants(at_stride)})
    assert carried.objects(r"sample\[\d\]\.bit\[")
    assert not carried.objects(r"v_private_weight_2\[")


@counted("attacks")
def test_a_carry_between_outputs_of_the_first_layer():
    """Fold and sponge see packed sums, which a carry leaves as they are: ranges catch it."""
    task = shifted()
    fold, (name,) = Fold(task), task.outputs()
    step = np.array([-(1 << fold.stride), 1, 0])
    forged = {name: task.outputs()[name] + step}
    assert fold.packed(forged[name]) == fold.packed(task.outputs()[name])
    caught = attempt(task.text, task.inputs(task.statement(forged), forged))
    assert caught.objects(r"RequantizeShift")
    assert not caught.objects(r"ConvFolded")

    # With slots that are too narrow the same carry is within the range, and nobody objects.
    narrow = 3
    forged = {name: task.outputs()[name] + np.array([-(1 << narrow), 1, 0])}
    assert (downstream(task, forged)[name] != task.outputs()[name]).any()
    text = replaced(task.text, r"(ConvFolded\([^)]*, )\d+(\))", rf"\g<1>{narrow}\g<2>")
    assert attempt(text, task.inputs(task.statement(forged), forged)).passes
    assert attempt(task.text, task.inputs(task.statement(forged), forged)).objects("ConvFolded")


@counted("attacks")
def test_a_weight_beyond_its_declared_range():
    """The weight overflows its slot of the commitment: two models would share one cm."""
    task = shifted()
    (name, *_) = task.values
    stride = task.circuit.absorption.commitment[0].stride
    other = task.values[name].copy()
    other[0, 0] += 1 << stride
    other[0, 1] -= 1
    second = replace(task, values={**task.values, name: other})
    assert second.statement().cm == task.statement().cm
    told = attempt(second.text, second.inputs(second.statement()), sources=library())
    assert told.objects(r"RangeChecked#0\.range\[0\]\.bits")
