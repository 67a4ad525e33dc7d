"""G1: y^2 = x^3 + 3 over Fq, and G2: y^2 = x^3 + 3/(9 + u) over Fq2, the groups of BN254.

Points are affine (x, y), with (0, 0), which is on neither curve, for infinity, as in zkey files;
or Jacobian (X, Y, Z) with x = X/Z^2, y = Y/Z^3 and Z = 0 for infinity. All coordinates are in
Montgomery form. ``e`` is the degree: 1 for G1, 2 for G2.
"""

from __future__ import annotations

from typing import Any

from zkpot.prover.engine.field import Q, bit, fq_modulus, fq_montgomery, fr_modulus
from zkpot.prover.engine.jit import inner, kernel
from zkpot.prover.engine.limbs import ELEMENT, below, constant, stack
from zkpot.prover.engine.quadratic import (
    e_add,
    e_clear,
    e_copy,
    e_equal,
    e_inverse,
    e_is_zero,
    e_mul,
    e_set_one,
    e_square,
    e_sub,
)

G1_GENERATOR = (1, 2)
G2_GENERATOR = (
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
)
"""x0, x1, y0, y1 of the standard generator of G2."""


def _twist_constant() -> tuple[int, int]:
    """3/(9 + u) = 3·(9 - u)/82."""
    scale = 3 * pow(82, -1, Q)
    return 9 * scale % Q, -scale % Q


_g1_b = constant("zkpot_g1_b", fq_montgomery([3]).ravel().tolist())
_g2_b = constant("zkpot_g2_b", fq_montgomery(_twist_constant()).ravel().tolist())


@inner
def is_infinity(e: int, p: int) -> Any:
    """Whether the affine point at ``p`` is infinity."""
    return e_is_zero(e, p) and e_is_zero(e, p + e * ELEMENT)


@kernel
def is_on_curve(e: int, p: int) -> Any:
    """Whether the affine point at ``p`` satisfies the curve's equation (infinity does not)."""
    left = stack(2)
    right = stack(2)
    e_square(e, right, p)
    e_mul(e, right, right, p)
    if e == 1:
        e_add(e, right, right, _g1_b())
    else:
        e_add(e, right, right, _g2_b())
    e_square(e, left, p + e * ELEMENT)
    return e_equal(e, left, right)


@kernel
def first_foreign(e: int, points: int, count: int) -> Any:
    """Index of the first of ``count`` affine points that is neither infinity nor on the curve.

    Coordinates must be canonical, too. Returns ``count`` if all points are fine.
    """
    for i in range(count):
        point = points + 2 * i * e * ELEMENT
        for j in range(2 * e):
            if not below(point + j * ELEMENT, fq_modulus()):
                return i
        if not is_infinity(e, point) and not is_on_curve(e, point):
            return i
    return count


@inner
def to_jacobian(e: int, d: int, p: int) -> None:
    """Jacobian [d] = affine [p]."""
    e_copy(e, d, p)
    e_copy(e, d + e * ELEMENT, p + e * ELEMENT)
    if is_infinity(e, p):
        e_clear(e, d + 2 * e * ELEMENT)
    else:
        e_set_one(e, d + 2 * e * ELEMENT)


@inner
def to_affine(e: int, d: int, p: int) -> None:
    """Affine [d] = Jacobian [p]; infinity becomes (0, 0) because 0 inverts to 0."""
    inverse = stack(2)
    square = stack(2)
    e_inverse(e, inverse, p + 2 * e * ELEMENT)
    e_square(e, square, inverse)
    e_mul(e, d, p, square)
    e_mul(e, square, square, inverse)
    e_mul(e, d + e * ELEMENT, p + e * ELEMENT, square)


@inner
def double(e: int, d: int, p: int) -> None:
    """Jacobian [d] = 2·[p] (dbl-2009-l); also right at infinity, where Z stays 0."""
    y, z = p + e * ELEMENT, p + 2 * e * ELEMENT
    a = stack(2)
    b = stack(2)
    c = stack(2)
    s = stack(2)
    e_square(e, a, p)
    e_square(e, b, y)
    e_square(e, c, b)
    e_add(e, s, p, b)
    e_square(e, s, s)
    e_sub(e, s, s, a)
    e_sub(e, s, s, c)
    e_add(e, s, s, s)
    e_mul(e, b, y, z)
    e_add(e, d + 2 * e * ELEMENT, b, b)
    e_add(e, b, a, a)
    e_add(e, a, a, b)
    e_square(e, b, a)
    e_sub(e, b, b, s)
    e_sub(e, d, b, s)
    e_sub(e, s, s, d)
    e_mul(e, s, s, a)
    e_add(e, c, c, c)
    e_add(e, c, c, c)
    e_add(e, c, c, c)
    e_sub(e, d + e * ELEMENT, s, c)


@inner
def add_affine(e: int, d: int, p: int, q: int) -> None:
    """Jacobian [d] = Jacobian [p] + affine [q] (madd), with every special case."""
    size = e * ELEMENT
    if is_infinity(e, q):
        for i in range(3):
            e_copy(e, d + i * size, p + i * size)
        return
    if e_is_zero(e, p + 2 * size):
        to_jacobian(e, d, q)
        return
    zz = stack(2)
    h = stack(2)
    slope = stack(2)
    e_square(e, zz, p + 2 * size)
    e_mul(e, h, q, zz)
    e_sub(e, h, h, p)
    e_mul(e, zz, zz, p + 2 * size)
    e_mul(e, slope, q + size, zz)
    e_sub(e, slope, slope, p + size)
    if e_is_zero(e, h) and e_is_zero(e, slope):
        double(e, d, p)
    else:
        _chord(e, d, p, h, slope)


@inner
def _chord(e: int, d: int, p: int, h: int, slope: int) -> None:
    """The rest of ``add_affine`` from h = U2 - X1 and slope = S2 - Y1; h = 0 gives Z = 0."""
    size = e * ELEMENT
    hh = stack(2)
    v = stack(2)
    t = stack(2)
    e_square(e, hh, h)
    e_mul(e, v, p, hh)
    e_mul(e, hh, hh, h)
    e_mul(e, d + 2 * size, p + 2 * size, h)
    e_square(e, t, slope)
    e_sub(e, t, t, hh)
    e_sub(e, t, t, v)
    e_sub(e, d, t, v)
    e_sub(e, v, v, d)
    e_mul(e, v, v, slope)
    e_mul(e, hh, hh, p + size)
    e_sub(e, d + size, v, hh)


@inner
def _multiply_jacobian(e: int, total: int, p: int, scalar: int) -> None:
    """Jacobian [total] = scalar·affine [p], most significant bit first."""
    e_clear(e, total + 2 * e * ELEMENT)
    for i in range(255, -1, -1):
        double(e, total, total)
        if bit(scalar, i):
            add_affine(e, total, total, p)


@kernel
def multiply(e: int, d: int, p: int, scalar: int) -> None:
    """Affine [d] = scalar·affine [p] for a 256-bit scalar in standard form."""
    total = stack(6)
    _multiply_jacobian(e, total, p, scalar)
    to_affine(e, d, total)


@kernel
def is_in_subgroup(e: int, p: int) -> Any:
    """Whether the affine point at ``p``, on the curve, has order R."""
    total = stack(6)
    _multiply_jacobian(e, total, p, fr_modulus())
    return e_is_zero(e, total + 2 * e * ELEMENT)


@kernel
def weighted_sum(d: int, points: int, scalars: int, count: int) -> None:
    """Affine [d] = Σ scalars[i]·points[i] in G1, doublings shared (Straus, one bit at a time)."""
    total = stack(3)
    e_clear(1, total + 2 * ELEMENT)
    for i in range(255, -1, -1):
        double(1, total, total)
        for j in range(count):
            if bit(scalars + j * ELEMENT, i):
                add_affine(1, total, total, points + 2 * j * ELEMENT)
    to_affine(1, d, total)
