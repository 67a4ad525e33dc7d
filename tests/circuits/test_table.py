"""Table against its entries, all of them, and one step beyond both ends."""

from __future__ import annotations

import numpy as np
import pytest
from rig.calls import Case, case, judge, run
from zkpot.compiler import ops
from zkpot.compiler.errors import InputError
from zkpot.compiler.ir import Interval, TensorType

RNG = np.random.default_rng(41)
SIGNED = range(-128, 128)
TABLES: list[tuple[int, tuple[int, ...]]] = [
    (-128, tuple(RNG.integers(-128, 128, 256).tolist())),
    (0, tuple(RNG.integers(0, 256, 256).tolist())),
    (-128, tuple(max(x, 0) for x in SIGNED)),
    (-128, tuple(SIGNED)),
    (0, tuple(range(256))),
    (-128, tuple(-x for x in SIGNED)),
    (-128, tuple(abs(x) for x in SIGNED)),
    (-128, tuple(x // 2 for x in SIGNED)),
    (-128, tuple((x >> 3) & 1 for x in SIGNED)),
    (-128, (7,) * 256),
    (-3, (5, -9)),
    (4, (5, 6, -7)),
    (-9, tuple(RNG.integers(-128, 128, 5).tolist())),
    (1, tuple(RNG.integers(-128, 128, 30).tolist())),
    (-60, tuple(RNG.integers(-128, 128, 64).tolist())),
    (-60, tuple(RNG.integers(-128, 128, 129).tolist())),
]
"""(lo, table): random, relu, linear ones with and without an offset, one bit, constant; short."""


def table_case(lo: int, table: tuple[int, ...], samples: int = 1) -> Case:
    x = TensorType((1,), Interval(lo, lo + len(table) - 1))
    return case("table", [x], samples, lo=lo, table=table)


def reach(table: tuple[int, ...]) -> int:
    """Entries once the table is filled up."""
    return max(4, 1 << (len(table) - 1).bit_length())


def test_every_entry_and_the_fill_behind_the_last():
    cases = [table_case(lo, table, reach(table)) for lo, table in TABLES]
    values = [np.arange(lo, lo + reach(table))[:, None] for lo, table in TABLES]
    outputs = run([c.call for c in cases], [[v] for v in values])
    for one, (_, table), value, output in zip(cases, TABLES, values, outputs, strict=True):
        exact = [*table, *[table[-1]] * (len(value) - len(table))]
        assert output[:, 0].tolist() == exact
        assert one.evaluate(value)[:, 0].tolist() == exact
        assert one.node.output.type.interval == Interval(min(table), max(table))


def test_nothing_beyond_either_end_is_admitted():
    cases, values, bad = [], [], set()
    for i, (lo, table) in enumerate(TABLES):
        one = table_case(lo, table, 4)
        high = lo + reach(table) - 1
        assert ops.of(one.node).enforces(one.node, 0) == Interval(lo, high)
        cases.append(one)
        values.append([np.array([[lo], [high], [lo - 1], [high + 1]], object)])
        bad |= {(i, 2), (i, 3)}
    verdict = judge([c.call for c in cases], values)
    assert verdict.where(r"main\.c(\d+)\..*one\[(\d+)\]") == bad


def test_the_interval_is_that_of_the_entries_that_the_input_reaches():
    x = TensorType((2,), Interval(-1, 1))
    table = (100, 3, -2, 7, -100)
    assert case("table", [x], lo=-2, table=table).node.output.type.interval == Interval(-2, 7)


@pytest.mark.parametrize("interval", [Interval(-3, 1), Interval(0, 3)])
def test_an_input_that_leaves_the_table_is_refused(interval):
    with pytest.raises(InputError, match="does not fit its input"):
        case("table", [TensorType((1,), interval)], lo=-2, table=(1, 2, 3, 4, 5))


@pytest.mark.parametrize("x", [-129, 128])
def test_no_value_outside_the_table_has_a_meaning(x):
    with pytest.raises(InputError, match="outside its table"):
        table_case(*TABLES[0]).evaluate(np.array([[x]]))


def test_a_table_of_bytes_fits_its_budget_and_simple_ones_are_cheaper():
    costs = [table_case(*one).constraints for one in TABLES]
    assert max(costs) == costs[0] == 45
    assert costs[2:10] == [12, 8, 8, 9, 12, 9, 8, 8]
