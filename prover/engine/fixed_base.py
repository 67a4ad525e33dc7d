"""Many multiples of one generator: signed windows, affine additions, shared inversions.

A scalar s is written Σ_j d_j·2^(w·j) with d_j in [-2^(w-1), 2^(w-1)); a table holds
k·2^(w·j)·G for k in 1..2^(w-1). Then each window costs one affine addition, and affine additions
of a whole batch share one field inversion: about six products each, whatever the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from zkpot.prover.engine.affine import finish_sum, has_slope, slope_parts, sum_without_slope
from zkpot.prover.engine.curve import G1_GENERATOR, G2_GENERATOR, double, to_affine, to_jacobian
from zkpot.prover.engine.field import Words, address, fq_montgomery
from zkpot.prover.engine.jit import inner, kernel
from zkpot.prover.engine.limbs import ELEMENT, copy, load64, stack
from zkpot.prover.engine.parallel import run_chunks
from zkpot.prover.engine.quadratic import (
    e_clear,
    e_copy,
    e_inverse,
    e_mul,
    e_set_one,
    e_sub,
)

BATCH = 256
"""Additions that share an inversion; the scratch memory of a batch stays in the L2 cache."""
SCALAR_BITS = 254


@kernel
def add_pairs(e: int, p: int, q: int, count: int, scratch: int) -> None:
    """Affine p[i] += q[i] for ``count`` pairs with one inversion.

    ``scratch`` takes three field elements of degree e a pair: slopes, denominators, products.
    """
    size = e * ELEMENT
    tops = scratch
    bottoms = scratch + count * size
    products = scratch + 2 * count * size
    total = stack(2)
    inverse = stack(2)
    e_set_one(e, total)
    for i in range(count):
        slope_parts(e, p + 2 * i * size, q + 2 * i * size, tops + i * size, bottoms + i * size)
        e_copy(e, products + i * size, total)
        e_mul(e, total, total, bottoms + i * size)
    e_inverse(e, total, total)
    for i in range(count - 1, -1, -1):
        a, b, top = p + 2 * i * size, q + 2 * i * size, tops + i * size
        e_mul(e, inverse, total, products + i * size)
        e_mul(e, total, total, bottoms + i * size)
        if has_slope(e, a, b):
            e_mul(e, top, top, inverse)
            finish_sum(e, a, b, top)
        else:
            sum_without_slope(e, a, b)


@inner
def _window_bits(scalar: int, start: int, width: int) -> Any:
    """Bits start .. start + width - 1 of a 256-bit integer, width <= 32."""
    word, shift = start >> 6, start & 63
    if word > 3:
        return 0
    low = load64(scalar + 8 * word) >> np.uint64(shift)
    if shift + width > 64 and word < 3:
        low |= load64(scalar + 8 * word + 8) << np.uint64(64 - shift)
    return np.int64(low & np.uint64((1 << width) - 1))


@inner
def _signed_digit(scalar: int, window: int, width: int) -> Any:
    """Digit ``window`` of the scalar in base 2^width, digits in [-2^(width-1), 2^(width-1)).

    The carry into a window is the top bit of the window below *after its own carry*: it is 1
    if that window's bits, plus its carry, reach 2^(width-1); only an all-but-top-ones window
    passes the question on, so the scan below is short.
    """
    half = 1 << (width - 1)
    carry = 0
    below = window - 1
    while below >= 0:
        bits = _window_bits(scalar, below * width, width)
        if bits != half - 1:
            carry = 1 if bits >= half else 0
            break
        below -= 1
    digit = _window_bits(scalar, window * width, width) + carry
    return digit - 2 * half if digit >= half else digit


@inner
def _table_entry(e: int, d: int, table: int, digit: int) -> None:
    """Affine [d] = the table's point for a signed digit."""
    size = e * ELEMENT
    if digit == 0:
        e_clear(e, d)
        e_clear(e, d + size)
        return
    magnitude = digit if digit > 0 else -digit
    entry = table + (magnitude - 1) * 2 * size
    e_copy(e, d, entry)
    e_copy(e, d + size, entry + size)
    if digit < 0:
        none = stack(2)
        e_clear(e, none)
        e_sub(e, d + size, none, d + size)


@kernel
def multiply_chunk(
    e: int,
    points: int,
    scalars: int,
    count: int,
    table: int,
    width: int,
    windows: int,
    scratch: int,
) -> None:
    """Affine points[i] = scalars[i]·G for ``count`` <= BATCH standard-form scalars.

    ``table`` is ``windows`` rows of 2^(width-1) affine points; ``scratch`` takes five elements of
    degree e a scalar.
    """
    size = e * ELEMENT
    entries = scratch + 3 * count * size
    for i in range(2 * count):
        e_clear(e, points + i * size)
    for window in range(windows):
        row = table + window * (1 << (width - 1)) * 2 * size
        for i in range(count):
            digit = _signed_digit(scalars + i * ELEMENT, window, width)
            _table_entry(e, entries + 2 * i * size, row, digit)
        add_pairs(e, points, entries, count, scratch)


@kernel
def fill_row(e: int, row: int, base: int, entries: int, scratch: int) -> None:
    """row[k - 1] = k·[base] for k in 1..entries, by doubling the filled part with batched sums.

    ``scratch`` takes five elements of degree e for each of BATCH pairs.
    """
    point = 2 * e * ELEMENT
    e_copy(e, row, base)
    e_copy(e, row + e * ELEMENT, base + e * ELEMENT)
    filled = 1
    while filled < entries:
        step = min(filled, min(entries - filled, BATCH))
        for i in range(0, step * point, ELEMENT):
            copy(row + filled * point + i, row + i)
        addends = scratch + 3 * step * e * ELEMENT
        for i in range(step):
            e_copy(e, addends + i * point, row + (filled - 1) * point)
            e_copy(e, addends + i * point + e * ELEMENT, row + filled * point - e * ELEMENT)
        add_pairs(e, row + filled * point, addends, step, scratch)
        filled += step


@kernel
def window_bases(e: int, bases: int, generator: int, width: int, windows: int) -> None:
    """Affine bases[j] = 2^(width·j)·generator."""
    power = stack(6)
    to_jacobian(e, power, generator)
    for j in range(windows):
        to_affine(e, bases + 2 * j * e * ELEMENT, power)
        for _ in range(width):
            double(e, power, power)


class FixedBase:
    """The table of one group's generator, for about ``expected`` multiplications.

    ``degree`` 1 is G1, 2 is G2. Memory: 64·degree·2^(w-1)·ceil(255/w) bytes, at most 36 MB·degree.
    """

    def __init__(self, degree: int, expected: int, threads: int) -> None:
        self._degree, self._threads = degree, threads
        self._width = _best_width(expected)
        # One bit more than the scalars have, for the carry out of the top window.
        self._windows = -(-(SCALAR_BITS + 1) // self._width)
        self._table = self._build_table()

    def _build_table(self) -> Words:
        e, windows, width = self._degree, self._windows, self._width
        coordinates: Sequence[int] = G1_GENERATOR if e == 1 else G2_GENERATOR
        generator = fq_montgomery(coordinates)
        bases = np.zeros((windows, 2 * e, 4), np.uint64)
        window_bases(e, address(bases), address(generator), width, windows)
        entries = 1 << (width - 1)
        table = np.empty((windows, entries, 2 * e, 4), np.uint64)

        def fill(start: int, stop: int) -> None:
            scratch = np.empty((5 * BATCH, e, 4), np.uint64)
            for j in range(start, stop):
                fill_row(e, address(table[j]), address(bases[j]), entries, address(scratch))

        run_chunks(fill, windows, 1, self._threads)
        return table

    def multiply(self, scalars: Words) -> Words:
        """Affine Montgomery points [n, 2·degree, 4] of standard-form ``scalars`` [n, 4] below R.

        A scalar 0 gives infinity, all zero bytes, and costs nothing.
        """
        points = np.zeros((len(scalars), 2 * self._degree, 4), np.uint64)
        nonzero = np.flatnonzero(scalars.any(axis=1))
        if len(nonzero) == len(scalars):
            self._multiply_into(points, scalars)
        else:
            dense = np.empty((len(nonzero), 2 * self._degree, 4), np.uint64)
            packed = scalars[nonzero]
            self._multiply_into(dense, packed)
            packed.fill(0)
            points[nonzero] = dense
        return points

    def _multiply_into(self, points: Words, scalars: Words) -> None:
        e, count = self._degree, len(scalars)

        def work(start: int, stop: int) -> None:
            scratch = np.empty((5 * BATCH, e, 4), np.uint64)
            for first in range(start, stop, BATCH):
                last = min(first + BATCH, stop)
                multiply_chunk(
                    e,
                    address(points[first:last]),
                    address(scalars[first:last]),
                    last - first,
                    address(self._table),
                    self._width,
                    self._windows,
                    address(scratch),
                )

        run_chunks(work, count, 32 * BATCH, self._threads)


def _best_width(expected: int) -> int:
    """The window width in 4..16 with the fewest affine additions, table included."""
    return min(range(4, 17), key=lambda w: -(-(SCALAR_BITS + 1) // w) * (expected + (1 << (w - 1))))
