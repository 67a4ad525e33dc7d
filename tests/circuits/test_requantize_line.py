"""RequantizeLine against exact floors, at the ends of its line and of what it admits."""

from __future__ import annotations

import random

import numpy as np
from rig.calls import Case, judge, run
from rig.cases import LINES, line_case
from zkpot.compiler.field import FIELD


def meaning(one: Case, x: int, j: int) -> int:
    attrs = one.node.attrs
    num, offset, shift = (attrs[k][j % len(attrs[k])] for k in ("num", "offset", "shift"))
    return min(max((num * x + offset) // (1 << shift), 0), attrs["hi"] - attrs["lo"]) + attrs["lo"]


def probes(one: Case, j: int, samples: int, rng: random.Random) -> list[int]:
    """The ends, the corners of the line and both sides of steps."""
    attrs = one.node.attrs
    num, offset, shift = (attrs[k][j % len(attrs[k])] for k in ("num", "offset", "shift"))
    low, high = attrs["low"], attrs["low"] + (1 << attrs["bits"]) - 1
    top = attrs["hi"] - attrs["lo"]
    found = [low, high]
    for q in (0, 1, top, top + 1, *(rng.randint(0, top) for _ in range(samples))):
        edge = -((offset - (q << shift)) // num)
        found += [edge, edge - 1]
    return [min(max(x, low), high) for x in found][:samples]


def test_every_probe_is_the_floor_of_the_line():
    rng, samples = random.Random(17), 24
    cases = [line_case(*line, samples=samples) for line in LINES]
    values = [
        np.array([probes(one, j, samples, rng) for j in range(2)], np.int64).T for one in cases
    ]
    outputs = run([c.call for c in cases], [[v] for v in values])
    for one, value, output in zip(cases, values, outputs, strict=True):
        for j in range(2):
            exact = [meaning(one, int(x), j) for x in value[:, j]]
            assert output[:, j].tolist() == exact, one.node.attrs
        assert (one.evaluate(value) == output).all()


def test_the_admitted_interval_ends_exactly_where_it_says():
    cases, values, bad = [], [], set()
    for i, line in enumerate(LINES):
        one = line_case(*line, samples=4)
        low, bits = one.node.attrs["low"], one.node.attrs["bits"]
        high = low + (1 << bits) - 1
        cases.append(one)
        values.append([np.array([[x, x] for x in (low, high, low - 1, high + 1)], object)])
        bad |= {(i, row, j) for row in (2, 3) for j in range(2)}
    verdict = judge([c.call for c in cases], values)
    assert verdict.where(r"main\.c(\d+)\..*one\[(\d+)\]\[(\d+)\]") == bad


def test_a_fraction_whose_multiple_is_small_is_refused():
    """num·in alone would admit in = 7 / num, which is no integer."""
    one = line_case(*LINES[0], samples=1)
    fraction = 7 * pow(one.node.attrs["num"][0], -1, FIELD) % FIELD
    verdict = judge([one.call], [[np.array([[fraction, 0]], object)]])
    assert verdict.where(r"one\[(\d+)\]\[(\d+)\]\.range") == {(0, 0)}
