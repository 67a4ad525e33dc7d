"""DensePacked and DenseFolded against integer matrix products."""

from __future__ import annotations

import numpy as np
from rig.calls import Case, judge, run
from rig.cases import SHAPES, dense_case
from zkpot.compiler.field import FIELD


def tensors(one: Case, rng: np.random.Generator, extreme: bool = False) -> list[np.ndarray]:
    found = []
    for name in one.node.inputs:
        value = one.graph.value(name)
        interval = value.type.interval
        shape = value.type.shape
        if not one.graph.is_parameter(name):
            shape = (one.samples, *shape)
        ends = np.array([interval.lo, interval.hi])
        drawn = (
            rng.choice(ends, shape)
            if extreme
            else rng.integers(interval.lo, interval.hi + 1, shape)
        )
        found.append(drawn)
    return found


def test_packed_products_are_the_products():
    rng = np.random.default_rng(11)
    cases = [dense_case("dense_packed", *shape) for shape in SHAPES for _ in range(2)]
    values = [tensors(one, rng, extreme=i % 2 == 1) for i, one in enumerate(cases)]
    outputs = run([c.call for c in cases], values)
    for one, value, output in zip(cases, values, outputs, strict=True):
        exact = value[0] @ value[1] + (value[2] if len(value) == 3 else 0)
        assert (output == exact).all()
        assert (one.evaluate(*value) == exact).all()


def fold(data: np.ndarray, r: int, biased: bool) -> list[int]:
    rows = [[*map(int, row), *([1] if biased else [])] for row in data]
    return [
        sum(pow(r, i, FIELD) * row[k] for i, row in enumerate(rows)) % FIELD
        for k in range(len(rows[0]))
    ]


def folded_inputs(one: Case, rng: np.random.Generator) -> list[object]:
    """u, r, weight, bias if any, and the right outputs."""
    data, *private = tensors(one, rng)
    r = int.from_bytes(rng.bytes(31), "big")
    return [fold(data, r, len(private) == 2), r, *private, one.evaluate(data, *private)]


def test_a_fold_admits_the_right_outputs():
    rng = np.random.default_rng(12)
    cases = [dense_case("dense_folded", *shape) for shape in SHAPES]
    assert run([c.call for c in cases], [folded_inputs(c, rng) for c in cases]) == [None] * len(
        cases
    )


def test_a_fold_admits_no_other_output_challenge_or_fold():
    rng = np.random.default_rng(13)
    cases, values, wrong = [], [], set()
    for shape in SHAPES:
        for spoilt in ("nothing", "out", "u", "r", "weight"):
            one = dense_case("dense_folded", *shape)
            u, r, weight, *bias, out = folded_inputs(one, rng)
            if spoilt == "out":
                out = out.copy()
                out[-1, -1] += 1
            elif spoilt == "u":
                u = [u[0] + 1, *u[1:]]
            elif spoilt == "r":
                r += 1
            elif spoilt == "weight":
                weight = weight.copy()
                weight[0, 0] += 1
            # One sample has exponent 0 only: its fold doesn't depend on r.
            if spoilt != "nothing" and not (spoilt == "r" and one.samples == 1):
                wrong.add((len(cases),))
            cases.append(one.call)
            values.append([u, r, weight, *bias, out])
    assert judge(cases, values).where(r"main\.c(\d+)[._]") == wrong
