"""MaxPool and SumPool against their definition, and what a maximum says of its elements."""

from __future__ import annotations

import numpy as np
import pytest
from rig.calls import judge, run
from rig.windows import GEOMETRIES, places, pool_case, pooled
from zkpot.compiler import ops
from zkpot.compiler.errors import InputError
from zkpot.compiler.ir import Interval
from zkpot.compiler.ops.geometry import Geometry

FOUR = Geometry((1, 2, 2), (2, 2), (2, 2), (1, 1), (0, 0), (1, 1))
NINE = Geometry((1, 3, 3), (3, 3), (3, 3), (1, 1), (0, 0), (1, 1))


def test_every_window_of_random_extreme_and_equal_images():
    rng = np.random.default_rng(31)
    cases = [pool_case(op, g, 4) for g in GEOMETRIES for op in ("max_pool", "sum_pool")]
    values = []
    for one in cases:
        size = one.graph.value("x0").type.size
        ends = rng.choice([-128, 127], (1, size))
        values.append(np.concatenate([rng.integers(-128, 128, (2, size)), ends, 0 * ends - 128]))
    outputs = run([c.call for c in cases], [[v] for v in values])
    for i, (one, value, output) in enumerate(zip(cases, values, outputs, strict=True)):
        exact = pooled(GEOMETRIES[i // 2], value, max if one.node.op == "max_pool" else sum)
        assert output.tolist() == exact
        assert one.evaluate(value).tolist() == exact
        interval = one.node.output.type.interval
        assert interval.lo <= np.min(exact) and np.max(exact) <= interval.hi


def test_the_interval_of_a_sum_is_reached():
    for windows in GEOMETRIES:
        one = pool_case("sum_pool", windows)
        lowest, highest = (
            one.evaluate(np.full((1, one.graph.value("x0").type.size), end)) for end in (-128, 127)
        )
        assert one.node.output.type.interval == Interval(lowest.min(), highest.max())


def test_elements_of_a_window_differ_by_less_than_the_declared_width():
    """(elements, whether an assignment exists), each of them honest in 3 bits but for its size."""
    tried = [
        ([7, 0, 0, 0], True),
        ([0, 7, 7, 7], True),
        ([8, 0, 0, 0], False),
        ([0, 8, 8, 8], False),
        ([0, 0, 8, 0], False),
        ([0, 7, 14, 14], True),
        ([0, 7, 15, 15], False),
        ([100, 100, 100, 93], True),
        ([100, 100, 100, 92], False),
    ]
    call = pool_case("max_pool", FOUR, samples=len(tried), bits=3).call
    verdict = judge([call], [[np.array([elements for elements, _ in tried], object)]])
    refused = {(i,) for i, (_, admitted) in enumerate(tried) if not admitted}
    assert verdict.where(r"image\[(\d+)\]") == refused


@pytest.mark.parametrize(("windows", "depth"), [(FOUR, 2), (NINE, 4)])
def test_what_a_bound_on_the_maximum_forces_is_reached_and_no_more(windows, depth):
    """Each round of a tournament may be won by 2^bits - 1."""
    bits, most = 3, 7
    one = pool_case("max_pool", windows, samples=2, bits=bits)
    op = ops.of(one.node)
    assert op.forces_through(one.node, 0, Interval(-5, 9)) == Interval(-5 - depth * most, 9)
    side = windows.image[1]
    # By columns, then by rows: the element that meets a winner in every round is the first.
    steps = np.minimum(np.arange(side), depth // 2)
    image = (steps[:, None] + steps[None]).ravel() * most
    worse = image.copy()
    worse[0] -= 1
    verdict = judge([one.call], [[np.array([image, worse], object)]])
    assert verdict.where(r"image\[(\d+)\]") == {(1,)}
    assert max(image) - min(image) == depth * most


@pytest.mark.parametrize("windows", GEOMETRIES)
def test_a_tied_window_ties_its_elements_and_no_others(windows):
    one = pool_case("max_pool", windows)
    op, found = ops.of(one.node), places(windows)
    for chosen in range(0, len(found), 3):
        outputs = np.arange(len(found)) % len(found) == chosen
        tied = op.ties(one.node, one.graph, 0, outputs)
        assert np.flatnonzero(tied).tolist() == sorted(set(found[chosen]))


def test_a_sum_enforces_and_ties_nothing():
    one = pool_case("sum_pool", FOUR)
    op = ops.of(one.node)
    assert op.enforces(one.node, 0) is None
    assert op.ties(one.node, one.graph, 0, np.ones(1, bool)) is None


def test_the_preimage_of_a_sum_is_exact():
    windows = GEOMETRIES[1]
    one = pool_case("sum_pool", windows)
    counts = {len(window) for window in places(windows)}
    for output in (Interval(-100, 100), Interval(-9, 8), Interval(5, 41)):
        inside = ops.of(one.node).preimage(one.node, output)
        fits = [x for x in range(-128, 128) if all(output.lo <= x * n <= output.hi for n in counts)]
        assert fits == list(range(inside.lo, inside.hi + 1))


def test_a_window_of_nothing_but_padding_has_no_maximum():
    outside = Geometry((1, 2, 2), (1, 1), (1, 1), (1, 1), (1, 1), (4, 4))
    with pytest.raises(InputError, match="nothing but padding"):
        pool_case("max_pool", outside)
    assert pool_case("sum_pool", outside).evaluate(np.array([[1, 2, 3, 4]])).sum() == 10


def test_a_two_by_two_window_of_bytes_fits_its_budget():
    assert pool_case("max_pool", FOUR, samples=1).constraints == 27
