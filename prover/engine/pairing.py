"""The optimal ate pairing on BN254 (Vercauteren 2010), with libff's and snarkjs's final exponent.

The Miller function runs over 6z + 2 and two Frobenius images of Q. The hard part of the final
exponentiation raises to 2z(6z^2 + 3z + 1) times (q^4 - q^2 + 1)/r (Fuentes-Castañeda, Knapp,
Rodríguez-Henríquez 2011), written in base q with the coefficients of ``_hard_part``. The extra
factor is prime to r: the pairing stays non-degenerate, and its values equal snarkjs's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from zkpot.prover.engine.affine import finish_sum, slope_parts, sum_without_slope
from zkpot.prover.engine.field import Words, address, bit, fq_integers, fq_montgomery, fq_sub, zero
from zkpot.prover.engine.jit import inner, kernel
from zkpot.prover.engine.limbs import ELEMENT, clear, constant, copy, stack
from zkpot.prover.engine.quadratic import (
    PAIR,
    e_copy,
    q2_conjugate,
    q2_inverse,
    q2_mul,
    q2_scale,
    q2_sub,
)
from zkpot.prover.engine.tower import (
    FROBENIUS,
    HALF,
    q12_conjugate,
    q12_copy,
    q12_frobenius,
    q12_inverse,
    q12_mul,
    q12_set_one,
    q12_square,
)

Z = 4965661367192848881
"""The BN parameter: q and r are polynomials in it."""
_LOOP_BITS = (6 * Z + 2).bit_length()
_Z_BITS = Z.bit_length()

_loop_count = constant(
    "zkpot_ate_loop", [(6 * Z + 2) & 0xFFFFFFFFFFFFFFFF, (6 * Z + 2) >> 64, 0, 0]
)
_parameter = constant("zkpot_bn_parameter", [Z, 0, 0, 0])
_twist_x = constant("zkpot_twist_x", fq_montgomery(FROBENIUS[2]).ravel().tolist())
_twist_y = constant("zkpot_twist_y", fq_montgomery(FROBENIUS[3]).ravel().tolist())


@inner
def _twisted_frobenius(d: int, q: int) -> None:
    """[d] = the q-power Frobenius of affine [q] in G2, seen through the twist."""
    q2_conjugate(d, q)
    q2_mul(d, d, _twist_x())
    q2_conjugate(d + PAIR, q + PAIR)
    q2_mul(d + PAIR, d + PAIR, _twist_y())


@inner
def _multiply_by_line(f: int, t: int, slope: int, p: int) -> None:
    """[f] *= y_P - slope·x_P·w + (slope·x_T - y_T)·w^3, the line through T evaluated at P."""
    line = stack(12)
    product = stack(2)
    for i in range(12):
        clear(line + i * ELEMENT)
    copy(line, p + ELEMENT)
    q2_scale(product, slope, p)
    fq_sub(line + HALF, zero(), product)
    fq_sub(line + HALF + ELEMENT, zero(), product + ELEMENT)
    q2_mul(product, slope, t)
    q2_sub(line + HALF + PAIR, product, t + PAIR)
    q12_mul(f, f, line)


@inner
def _step(f: int, t: int, q: int, p: int) -> None:
    """[f] *= the line through T and Q at P; T += Q. Vertical lines vanish in the exponentiation."""
    slope = stack(2)
    bottom = stack(2)
    if slope_parts(2, t, q, slope, bottom):
        q2_inverse(bottom, bottom)
        q2_mul(slope, slope, bottom)
        _multiply_by_line(f, t, slope, p)
        finish_sum(2, t, q, slope)
    else:
        sum_without_slope(2, t, q)


@kernel
def _miller(f: int, g1: int, g2: int, running: int, count: int) -> None:
    """[f] = the product of the Miller functions of ``count`` pairs of affine, finite points.

    ``running`` is scratch memory for as many points of G2.
    """
    image = stack(4)
    for i in range(count):
        e_copy(2, running + 2 * i * PAIR, g2 + 2 * i * PAIR)
        e_copy(2, running + 2 * i * PAIR + PAIR, g2 + 2 * i * PAIR + PAIR)
    q12_set_one(f)
    for k in range(_LOOP_BITS - 2, -1, -1):
        q12_square(f, f)
        for i in range(count):
            t, p = running + 2 * i * PAIR, g1 + i * PAIR
            _step(f, t, t, p)
            if bit(_loop_count(), k):
                _step(f, t, g2 + 2 * i * PAIR, p)
    for i in range(count):
        t, p = running + 2 * i * PAIR, g1 + i * PAIR
        _twisted_frobenius(image, g2 + 2 * i * PAIR)
        _step(f, t, image, p)
        _twisted_frobenius(image, image)
        fq_sub(image + PAIR, zero(), image + PAIR)
        fq_sub(image + PAIR + ELEMENT, zero(), image + PAIR + ELEMENT)
        _step(f, t, image, p)


@inner
def _power_z(d: int, a: int) -> None:
    """[d] = [a]^z in Fq12, d different from a."""
    q12_copy(d, a)
    for k in range(_Z_BITS - 2, -1, -1):
        q12_square(d, d)
        if bit(_parameter(), k):
            q12_mul(d, d, a)


@inner
def _hard_part(d: int, f: int) -> None:
    """[d] = f^(a + b·q + c·q^2 + (b - 1)·q^3) with

    a = 12z^3 + 12z^2 + 6z + 1, b = 12z^3 + 6z^2 + 4z, c = 12z^3 + 6z^2 + 6z.
    """
    z2 = stack(12)
    z6 = stack(12)
    zz6 = stack(12)
    b = stack(12)
    c = stack(12)
    _power_z(z2, f)
    q12_square(z2, z2)
    q12_square(z6, z2)
    q12_copy(b, z6)
    q12_mul(z6, z6, z2)
    _power_z(zz6, z6)
    q12_square(z2, zz6)
    _power_z(c, z2)
    q12_mul(c, c, zz6)
    q12_mul(b, b, c)
    q12_mul(c, c, z6)
    q12_mul(d, c, zz6)
    q12_mul(d, d, f)
    q12_conjugate(z2, f)
    q12_mul(z2, z2, b)
    q12_frobenius(z2, z2)
    q12_mul(c, c, z2)
    q12_frobenius(c, c)
    q12_mul(c, c, b)
    q12_frobenius(c, c)
    q12_mul(d, d, c)


@kernel
def _final_exponentiation(d: int, f: int) -> None:
    """[d] = [f]^((q^6 - 1)(q^2 + 1)) to the hard part; d different from f."""
    easy = stack(12)
    t = stack(12)
    q12_inverse(t, f)
    q12_conjugate(easy, f)
    q12_mul(easy, easy, t)
    q12_frobenius(t, easy)
    q12_frobenius(t, t)
    q12_mul(easy, easy, t)
    _hard_part(d, easy)


def pairing_product(g1: Words, g2: Words) -> Words:
    """Π e(P_i, Q_i) as Fq12 words [12, 4].

    ``g1`` [n, 2, 4] and ``g2`` [n, 4, 4] are affine Montgomery words of points of order r.
    """
    count = len(g1)
    running = np.empty((count, 4, 4), np.uint64)
    miller, value = np.empty((12, 4), np.uint64), np.empty((12, 4), np.uint64)
    _miller(address(miller), address(g1), address(g2), address(running), count)
    _final_exponentiation(address(value), address(miller))
    return value


def g1_words(points: Sequence[tuple[int, int]]) -> Words:
    """Affine Montgomery words [n, 2, 4] of integer points of G1."""
    return fq_montgomery(value for point in points for value in point).reshape(-1, 2, 4)


def g2_words(points: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> Words:
    """Affine Montgomery words [n, 4, 4] of integer points of G2."""
    flat = (value for point in points for pair in point for value in pair)
    return fq_montgomery(flat).reshape(-1, 4, 4)


def pairing(p: tuple[int, int], q: tuple[tuple[int, int], tuple[int, int]]) -> list[int]:
    """e(P, Q) as its twelve coefficients over Fq, in snarkjs's order; finite points of order r."""
    return fq_integers(pairing_product(g1_words([p]), g2_words([q])))
