"""Fq6 = Fq2[v]/(v^3 - (9 + u)) and Fq12 = Fq6[w]/(w^2 - v), Montgomery form throughout.

Coefficients are stored ascending, innermost extension first: 6 and 12 elements of Fq. As powers
of w the six Fq2 coefficients of Fq12 are, in memory order, w^0, w^2, w^4, w^1, w^3, w^5.
"""

from __future__ import annotations

from typing import Any

from zkpot.prover.engine.field import Q, fq_montgomery, fq_one
from zkpot.prover.engine.jit import inner
from zkpot.prover.engine.limbs import ELEMENT, clear, constant, copy, equal, stack
from zkpot.prover.engine.quadratic import (
    PAIR,
    q2_add,
    q2_conjugate,
    q2_inverse,
    q2_mul,
    q2_mul_xi,
    q2_square,
    q2_sub,
)

HALF = 6 * ELEMENT
"""Bytes of an element of Fq6."""


def _xi_power(exponent: int) -> tuple[int, int]:
    """(9 + u)^exponent in Fq2."""
    result, base = (1, 0), (9, 1)
    while exponent:
        if exponent & 1:
            result = _multiply(result, base)
        base, exponent = _multiply(base, base), exponent >> 1
    return result


def _multiply(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


FROBENIUS = [_xi_power(k * (Q - 1) // 6) for k in range(6)]
"""w^(k·(q-1)) for k in 0..5, elements of Fq2."""

_frobenius_factors = constant(
    "zkpot_frobenius",
    fq_montgomery(x for k in (0, 2, 4, 1, 3, 5) for x in FROBENIUS[k]).ravel().tolist(),
)


@inner
def _q6_add(d: int, a: int, b: int) -> None:
    for i in range(3):
        q2_add(d + i * PAIR, a + i * PAIR, b + i * PAIR)


@inner
def _q6_sub(d: int, a: int, b: int) -> None:
    for i in range(3):
        q2_sub(d + i * PAIR, a + i * PAIR, b + i * PAIR)


@inner
def _cross(d: int, a: int, b: int, i: int, j: int, ab_i: int, ab_j: int) -> None:
    """[d] = a_i·b_j + a_j·b_i in Fq2, given a_i·b_i and a_j·b_j."""
    t = stack(2)
    q2_add(t, a + i * PAIR, a + j * PAIR)
    q2_add(d, b + i * PAIR, b + j * PAIR)
    q2_mul(d, d, t)
    q2_sub(d, d, ab_i)
    q2_sub(d, d, ab_j)


@inner
def _q6_mul(d: int, a: int, b: int) -> None:
    """[d] = [a]·[b] in Fq6 with six products (Karatsuba)."""
    squares = stack(6)
    result = stack(6)
    s0, s1, s2 = squares, squares + PAIR, squares + 2 * PAIR
    for i in range(3):
        q2_mul(squares + i * PAIR, a + i * PAIR, b + i * PAIR)
    _cross(result, a, b, 1, 2, s1, s2)
    q2_mul_xi(result, result)
    q2_add(result, result, s0)
    _cross(result + PAIR, a, b, 0, 1, s0, s1)
    _cross(result + 2 * PAIR, a, b, 0, 2, s0, s2)
    q2_add(result + 2 * PAIR, result + 2 * PAIR, s1)
    q2_mul_xi(s2, s2)
    q2_add(result + PAIR, result + PAIR, s2)
    for i in range(6):
        copy(d + i * ELEMENT, result + i * ELEMENT)


@inner
def _q6_mul_v(d: int, a: int) -> None:
    """[d] = v·[a] in Fq6, d different from a."""
    q2_mul_xi(d, a + 2 * PAIR)
    for i in range(4):
        copy(d + PAIR + i * ELEMENT, a + i * ELEMENT)


@inner
def _q6_inverse(d: int, a: int) -> None:
    """[d] = [a]^-1 in Fq6 by the adjugate of multiplication by a."""
    a0, a1, a2 = a, a + PAIR, a + 2 * PAIR
    adjugate = stack(6)
    t = stack(2)
    q2_square(adjugate, a0)
    q2_mul(t, a1, a2)
    q2_mul_xi(t, t)
    q2_sub(adjugate, adjugate, t)
    q2_square(adjugate + PAIR, a2)
    q2_mul_xi(adjugate + PAIR, adjugate + PAIR)
    q2_mul(t, a0, a1)
    q2_sub(adjugate + PAIR, adjugate + PAIR, t)
    q2_square(adjugate + 2 * PAIR, a1)
    q2_mul(t, a0, a2)
    q2_sub(adjugate + 2 * PAIR, adjugate + 2 * PAIR, t)
    norm = stack(2)
    q2_mul(norm, a1, adjugate + 2 * PAIR)
    q2_mul(t, a2, adjugate + PAIR)
    q2_add(norm, norm, t)
    q2_mul_xi(norm, norm)
    q2_mul(t, a0, adjugate)
    q2_add(norm, norm, t)
    q2_inverse(norm, norm)
    for i in range(3):
        q2_mul(d + i * PAIR, adjugate + i * PAIR, norm)


@inner
def q12_copy(d: int, a: int) -> None:
    """[d] = [a] in Fq12."""
    for i in range(12):
        copy(d + i * ELEMENT, a + i * ELEMENT)


@inner
def q12_set_one(d: int) -> None:
    """[d] = 1 in Fq12."""
    for i in range(1, 12):
        clear(d + i * ELEMENT)
    copy(d, fq_one())


@inner
def q12_equal(a: int, b: int) -> Any:
    """Whether [a] = [b] in Fq12."""
    for i in range(12):
        if not equal(a + i * ELEMENT, b + i * ELEMENT):
            return False
    return True


@inner
def q12_mul(d: int, a: int, b: int) -> None:
    """[d] = [a]·[b] in Fq12 with three products in Fq6."""
    low = stack(6)
    high = stack(6)
    t = stack(6)
    cross = stack(6)
    _q6_mul(low, a, b)
    _q6_mul(high, a + HALF, b + HALF)
    _q6_add(t, a, a + HALF)
    _q6_add(cross, b, b + HALF)
    _q6_mul(cross, cross, t)
    _q6_sub(cross, cross, low)
    _q6_sub(d + HALF, cross, high)
    _q6_mul_v(t, high)
    _q6_add(d, low, t)


@inner
def q12_square(d: int, a: int) -> None:
    """[d] = [a]^2 in Fq12: (a0 + a1)(a0 + v·a1) - (1 + v)·a0·a1 and 2·a0·a1."""
    product = stack(6)
    t = stack(6)
    s = stack(6)
    _q6_mul(product, a, a + HALF)
    _q6_mul_v(t, a + HALF)
    _q6_add(t, t, a)
    _q6_add(s, a, a + HALF)
    _q6_mul(s, s, t)
    _q6_sub(s, s, product)
    _q6_mul_v(t, product)
    _q6_sub(d, s, t)
    _q6_add(d + HALF, product, product)


@inner
def q12_conjugate(d: int, a: int) -> None:
    """[d] = [a]^(q^6): a0 - a1·w; the inverse of a pairing's value."""
    zeros = stack(6)
    for i in range(6):
        clear(zeros + i * ELEMENT)
        copy(d + i * ELEMENT, a + i * ELEMENT)
    _q6_sub(d + HALF, zeros, a + HALF)


@inner
def q12_inverse(d: int, a: int) -> None:
    """[d] = [a]^-1 in Fq12: the conjugate over a0^2 - v·a1^2."""
    norm = stack(6)
    square = stack(6)
    t = stack(6)
    _q6_mul(norm, a, a)
    _q6_mul(square, a + HALF, a + HALF)
    _q6_mul_v(t, square)
    _q6_sub(norm, norm, t)
    _q6_inverse(norm, norm)
    q12_conjugate(d, a)
    _q6_mul(d, d, norm)
    _q6_mul(d + HALF, d + HALF, norm)


@inner
def q12_frobenius(d: int, a: int) -> None:
    """[d] = [a]^q in Fq12."""
    for i in range(6):
        q2_conjugate(d + i * PAIR, a + i * PAIR)
        q2_mul(d + i * PAIR, d + i * PAIR, _frobenius_factors() + i * PAIR)
