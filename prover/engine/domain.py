"""Evaluation domains in Fr: roots of unity, powers, Lagrange polynomials at a known point."""

from __future__ import annotations

import numpy as np
from zkpot.prover.engine.field import (
    R,
    Words,
    address,
    fr_invert_many,
    fr_montgomery,
    fr_mul,
    fr_sub,
)
from zkpot.prover.engine.jit import kernel
from zkpot.prover.engine.limbs import ELEMENT, copy, stack
from zkpot.prover.engine.parallel import run_chunks

TWO_ADICITY = 28
"""2^28 divides R - 1."""
_NON_RESIDUE = 5
"""The smallest quadratic non-residue modulo R; snarkjs's roots of unity derive from it."""
_CHUNK = 1 << 14


def root_of_unity(power: int) -> int:
    """The primitive 2^power-th root of unity that snarkjs uses, power <= 28."""
    if not 0 <= power <= TWO_ADICITY:
        raise ValueError(f"Fr has no primitive root of unity of order 2^{power}")
    return pow(_NON_RESIDUE, (R - 1) >> power, R)


@kernel
def _progression(d: int, first: int, ratio: int, count: int) -> None:
    """d[i] = first·ratio^i, Montgomery form."""
    current = stack(1)
    copy(current, first)
    for i in range(count):
        copy(d + i * ELEMENT, current)
        fr_mul(current, current, ratio)


@kernel
def _subtract_from(d: int, a: int, minuend: int, count: int) -> None:
    """d[i] = minuend - a[i]."""
    for i in range(count):
        fr_sub(d + i * ELEMENT, minuend, a + i * ELEMENT)


@kernel
def _scaled_products(d: int, a: int, factor: int, count: int) -> None:
    """d[i] = d[i]·a[i]·factor, Montgomery form."""
    for i in range(count):
        fr_mul(d + i * ELEMENT, d + i * ELEMENT, a + i * ELEMENT)
        fr_mul(d + i * ELEMENT, d + i * ELEMENT, factor)


def powers(ratio: int, count: int, first: int = 1) -> Words:
    """first·ratio^i for i < ``count``, Montgomery words [count, 4]."""
    terms = np.empty((count, 4), np.uint64)
    start, step = fr_montgomery([first]), fr_montgomery([ratio])
    _progression(address(terms), address(start), address(step), count)
    return terms


def lagrange(tau: int, shift: int, ratio: int, scale: int, count: int, threads: int) -> Words:
    """scale·x_i/(tau - x_i) at x_i = shift·ratio^i, i < ``count``, Montgomery words [count, 4].

    Over the group of the n-th roots of unity, L_i(tau) = (tau^n - 1)/n · x_i/(tau - x_i).
    ``tau`` must be none of the x_i. Working memory that gives it away is zeroed.
    """
    values = np.empty((count, 4), np.uint64)
    point, factor = fr_montgomery([tau]), fr_montgomery([scale])

    def work(start: int, stop: int) -> None:
        size = stop - start
        nodes = powers(ratio, size, first=shift * pow(ratio, start, R) % R)
        scratch = np.empty((size, 4), np.uint64)
        target = address(values[start:stop])
        _subtract_from(target, address(nodes), address(point), size)
        fr_invert_many(target, address(scratch), size)
        _scaled_products(target, address(nodes), address(factor), size)
        scratch.fill(0)

    run_chunks(work, count, _CHUNK, threads)
    point.fill(0)
    factor.fill(0)
    return values


def lagrange_at(tau: int, power: int, threads: int) -> Words:
    """L_i(tau) for the 2^power-th roots of unity, Montgomery words [2^power, 4]."""
    size = 1 << power
    scale = (pow(tau, size, R) - 1) * pow(size, -1, R) % R
    return lagrange(tau, 1, root_of_unity(power), scale, size, threads)


def odd_lagrange_at(tau: int, power: int, threads: int) -> Words:
    """L_(2i+1)(tau) for the 2^(power+1)-th roots of unity, i < 2^power, Montgomery words.

    These are the polynomials in which snarkjs's prover writes its quotient: it evaluates
    A·B - C on the odd coset, and on the even one, the domain itself, that is 0.
    """
    double = 2 << power
    root = root_of_unity(power + 1)
    scale = (pow(tau, double, R) - 1) * pow(double, -1, R) % R
    return lagrange(tau, root, root * root % R, scale, 1 << power, threads)
