"""The chord-and-tangent rule in affine coordinates, split where an inversion can be shared."""

from __future__ import annotations

from typing import Any

from zkpot.prover.engine.curve import is_infinity
from zkpot.prover.engine.jit import inner
from zkpot.prover.engine.limbs import ELEMENT, stack
from zkpot.prover.engine.quadratic import (
    e_add,
    e_clear,
    e_copy,
    e_equal,
    e_mul,
    e_set_one,
    e_square,
    e_sub,
)


@inner
def slope_parts(e: int, p: int, q: int, top: int, bottom: int) -> Any:
    """Numerator and denominator of the slope through affine p and q, if their sum needs one.

    Where it needs none (p or q infinite, q = -p) returns False and sets the denominator to 1.
    """
    size = e * ELEMENT
    e_set_one(e, bottom)
    if is_infinity(e, p) or is_infinity(e, q):
        return False
    if not e_equal(e, p, q):
        e_sub(e, top, q + size, p + size)
        e_sub(e, bottom, q, p)
        return True
    if not e_equal(e, p + size, q + size):
        return False
    square = stack(2)
    e_square(e, square, p)
    e_add(e, top, square, square)
    e_add(e, top, top, square)
    e_add(e, bottom, p + size, p + size)
    return True


@inner
def finish_sum(e: int, p: int, q: int, slope: int) -> None:
    """Affine [p] = [p] + [q] along ``slope``."""
    size = e * ELEMENT
    x = stack(2)
    y = stack(2)
    e_square(e, x, slope)
    e_sub(e, x, x, p)
    e_sub(e, x, x, q)
    e_sub(e, y, p, x)
    e_mul(e, y, y, slope)
    e_sub(e, p + size, y, p + size)
    e_copy(e, p, x)


@inner
def sum_without_slope(e: int, p: int, q: int) -> None:
    """Affine [p] = [p] + [q] where one is infinite or they are opposite."""
    size = e * ELEMENT
    if is_infinity(e, q):
        return
    if is_infinity(e, p):
        e_copy(e, p, q)
        e_copy(e, p + size, q + size)
        return
    e_clear(e, p)
    e_clear(e, p + size)


@inner
def has_slope(e: int, p: int, q: int) -> Any:
    """Whether ``slope_parts`` found a slope for affine p and q."""
    size = e * ELEMENT
    if is_infinity(e, p) or is_infinity(e, q):
        return False
    return not e_equal(e, p, q) or e_equal(e, p + size, q + size)
