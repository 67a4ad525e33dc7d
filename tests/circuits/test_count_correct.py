"""CountCorrect against argmax: ties, interval ends, and labels that are none."""

from __future__ import annotations

import itertools

import numpy as np
from rig.calls import Case, case, judge, outputs_of, witness_of
from zkpot.compiler import ops
from zkpot.compiler.ir import Interval, TensorType
from zkpot.compiler.statement import packed_labels


def count_case(n: int, classes: int, bits: int, lo: int) -> Case:
    x = TensorType((classes,), Interval(lo, lo + (1 << (bits - 1)) - 1))
    return case("count_correct", [x], n, lo=lo, bits=bits)


def logits(rng: np.random.Generator, n: int, classes: int, bits: int, lo: int) -> np.ndarray:
    """Full range, near ties, all ties, and both ends of the interval, sample after sample."""
    top = lo + (1 << (bits - 1)) - 1
    found = rng.integers(lo, top + 1, (n, classes))
    found[1::4] = rng.integers(0, 2, found[1::4].shape) + lo
    found[2::4] = lo
    found[3::4] = np.where(rng.integers(0, 2, found[3::4].shape), lo, top)
    return found


def test_each_sample_and_the_sum():
    rng = np.random.default_rng(31)
    configs = [
        (60, 10, 12, -1024),
        (130, 2, 20, -7),
        (1, 3, 8, 0),
        (7, 37, 2, -1),
        (40, 3, 40, -(1 << 38)),
    ]
    cases, values, labels = [], [], []
    for n, classes, bits, lo in configs:
        cases.append(count_case(n, classes, bits, lo))
        values.append(logits(rng, n, classes, bits, lo))
        labels.append(
            np.where(rng.integers(0, 2, n), values[-1].argmax(1), rng.integers(0, classes, n))
        )
    calls = [c.call for c in cases]
    packed = [packed_labels(y.tolist(), c[1]) for y, c in zip(labels, configs, strict=True)]
    witness = witness_of(calls, [[v, p] for v, p in zip(values, packed, strict=True)])
    for i, (one, value, label) in enumerate(zip(cases, values, labels, strict=True)):
        exact = value.argmax(1) == label
        name = f"main.c{i}.CountCorrect#{i}.sample[%d].correct"
        assert [witness[name % s] for s in range(len(value))] == exact.tolist()
        assert outputs_of(witness, calls)[i] == exact.sum() == one.evaluate(value, label)


def test_every_order_of_three_small_logits_with_every_label():
    values = list(itertools.product(range(-1, 2), repeat=3))
    rows = [(value, label) for value in values for label in range(3)]
    one = count_case(len(rows), 3, 3, -2)
    labels = [label for _, label in rows]
    witness = witness_of([one.call], [[np.array([v for v, _ in rows]), packed_labels(labels, 3)]])
    for s, (value, label) in enumerate(rows):
        found = witness[f"main.c0.CountCorrect#0.sample[{s}].correct"]
        assert found == (max(range(3), key=lambda j: (value[j], -j)) == label), (value, label)


def test_no_logit_leaves_the_stated_interval():
    bits, lo = 6, -9
    half = 1 << (bits - 1)
    # (logits, admitted); the label is class 1
    table = [
        ((lo, lo + half - 1), True),
        ((lo, lo + half), False),
        ((lo - half, lo), True),
        ((lo - half - 1, lo), False),
        ((lo - 1, lo - 1), False),
        ((lo - half, lo - half), False),
        ((lo + half - 1 + half - 1, lo + half - 1), True),
        ((lo + half - 1 + half, lo + half - 1), False),
        ((lo - half - 1, lo - 1), False),
        ((lo - 2 * half, lo - half), False),
        ((1 << 200, 1 << 200), False),
        ((lo, lo), True),
    ]
    one = count_case(len(table), 2, bits, lo)
    values = np.array([row for row, _ in table], object)
    verdict = judge([one.call], [[values, packed_labels([1] * len(table), 2)]])
    bad = {(s,) for s, (_, admitted) in enumerate(table) if not admitted}
    assert verdict.where(r"sample\[(\d+)\]") == bad
    kept = [v for row, admitted in table if admitted for v in row]
    enforced = ops.of(one.node).enforces(one.node, 0)
    assert enforced == Interval(lo - half, lo + 2 * half - 1)
    assert (enforced.lo, enforced.hi - 1) == (min(kept), max(kept))


def test_labels_must_be_one_class_each():
    classes, n = 3, 4
    one = count_case(n, classes, 5, 0)
    values = np.zeros((n, classes), np.int64)
    (good,) = packed_labels([0, 1, 2, 1], classes)
    others = [good ^ 0b010, good ^ 0b001, good | 1 << 11, good + (1 << 12), good + (1 << 252), 0]
    verdict = judge([one.call] * 7, [[values, [packed]] for packed in (good, *others)])
    assert verdict.where(r"main\.c(\d+)[._]") == {(i,) for i in range(1, 7)}
