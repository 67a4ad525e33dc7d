"""Bits, RangeCheck, RangeChecked, AtMost and Pack against integers, to the last accepted value."""

from __future__ import annotations

import random

import numpy as np
import pytest
from rig.calls import Call, judge, run
from rig.witness import signed
from zkpot.compiler.field import FIELD
from zkpot.compiler.passes.absorption import Packing
from zkpot.compiler.statement import packed

WIDTHS = [(2, 0), (2, 7), (3, -5), (8, 128), (31, -(1 << 40)), (252, 1 << 251), (253, 0), (253, -1)]
"""(n, offset) pairs; Bits(n, offset) admits [-offset, 2^n - offset)."""


def bits(n: int, offset: int) -> Call:
    return Call("lib/bits.circom", "Bits", (n, offset), ((),), (n - 1,))


def accepted(n: int, offset: int) -> list[int]:
    rng = random.Random(n)
    inside = [0, 1, (1 << (n - 1)) - 1, 1 << (n - 1), (1 << n) - 1, rng.randrange(1 << n)]
    return [value - offset for value in inside]


def refused(n: int, offset: int) -> list[int]:
    rng = random.Random(n)
    outside = [-1, 1 << n, rng.randrange(1 << n, FIELD), FIELD >> 1, FIELD - (1 << 31)]
    return [value - offset for value in outside if value % FIELD >= 1 << n]


def test_the_lower_bits_of_every_admitted_value():
    table = [(n, offset, value) for n, offset in WIDTHS for value in accepted(n, offset)]
    outputs = run([bits(n, o) for n, o, _ in table], [[v] for _, _, v in table])
    for (n, offset, value), output in zip(table, outputs, strict=True):
        assert output.tolist() == [(value + offset) >> i & 1 for i in range(n - 1)]


def test_every_value_outside_is_refused_and_none_inside():
    table = [(n, o, v, False) for n, o in WIDTHS for v in refused(n, o)]
    table += [(n, o, v, True) for n, o in WIDTHS for v in accepted(n, o)[:2]]
    verdict = judge([bits(n, o) for n, o, _, _ in table], [[v] for _, _, v, _ in table])
    bad = verdict.where(r"main\.c(\d+)[._]")
    assert bad == {(i,) for i, (_, _, _, ok) in enumerate(table) if not ok}


def test_the_generator_itself_refuses_too():
    for value in (-9, 8):
        with pytest.raises(Exception, match="Bits"):
            run([bits(4, 8)], [[value]])


def test_range_checks_pass_on_what_they_admit_and_nothing_else():
    low, count = -37, 6
    call = Call("nn/range_check.circom", "RangeChecked", (2, 3, count, low), ((2, 3),), (2, 3))
    inside = np.array([[low, low + 63, 0], [1, -1, 5]])
    assert (run([call], [[inside]])[0] == inside).all()
    outside = np.array([[low - 1, low + 64, 0], [low + 63, 1 << 100, low]], object)
    verdict = judge([call], [[outside]])
    assert verdict.where(r"range\[(\d+)\]\.bits\[(\d+)\]") == {(0, 0), (0, 1), (1, 1)}


def test_at_most_is_the_minimum_on_its_whole_domain():
    table = [(n, top, v) for n, top in [(3, 4), (3, 6), (4, 9), (1, 1)] for v in range(1 << n)]
    calls = [
        Call("nn/requantize_shift.circom", "AtMost", (n, top), ((),), ()) for n, top, _ in table
    ]
    outputs = run(calls, [[v] for _, _, v in table])
    assert [int(o) for o in outputs] == [min(v, top) for _, top, v in table]


def test_at_most_refuses_beyond_the_stated_interval():
    n, top = 3, 6
    call = Call("nn/requantize_shift.circom", "AtMost", (n, top), ((),), ())
    values = [top - (1 << n), top - (1 << n) - 1, top + (1 << n) - 1, top + (1 << n)]
    verdict = judge([call] * 4, [[v] for v in values])
    assert verdict.where(r"main\.c(\d+)[._]") == {(1,), (3,)}


def test_packing_is_the_native_packing():
    rng = random.Random(1)
    calls, values, expected = [], [], []
    for rows, columns, slots, stride in [
        (1, 1, 1, 253),
        (2, 3, 4, 8),
        (3, 3, 3, 84),
        (1, 9, 11, 23),
    ]:
        groups = -(-rows * columns // slots)
        calls.append(
            Call(
                "lib/pack.circom",
                "Pack",
                (rows, columns, slots, stride),
                ((rows, columns),),
                (groups,),
            )
        )
        half = 1 << (stride - 1)
        flat = [rng.randrange(-half, half) for _ in range(rows * columns)]
        values.append([np.array(flat, object).reshape(rows, columns)])
        layout = Packing("v", rows * columns, 253 // slots)
        assert layout.slots == slots
        one = [
            sum(v << (stride * j) for j, v in enumerate(flat[i : i + slots])) % FIELD
            for i in range(0, len(flat), slots)
        ]
        expected.append(one)
        if layout.stride == stride:
            assert packed(flat, layout) == one
    for output, one in zip(run(calls, values), expected, strict=True):
        assert output.tolist() == [signed(v) for v in one]
