"""Fq2 = Fq[u]/(u^2 + 1), and operations over "the field of degree e", e = 1 (Fq) or 2 (Fq2).

An element of degree e is e consecutive elements of Fq, constant term first. The degree is a run
time argument, so that one compiled kernel serves G1 and G2.
"""

from __future__ import annotations

from typing import Any

from zkpot.prover.engine.field import fq_add as add
from zkpot.prover.engine.field import fq_inverse, fq_one, is_zero, zero
from zkpot.prover.engine.field import fq_mul as mul
from zkpot.prover.engine.field import fq_sub as sub
from zkpot.prover.engine.jit import inner
from zkpot.prover.engine.limbs import ELEMENT, clear, copy, equal, stack

PAIR = 2 * ELEMENT
"""Bytes of an element of Fq2."""


@inner
def q2_add(d: int, a: int, b: int) -> None:
    """[d] = [a] + [b] in Fq2."""
    add(d, a, b)
    add(d + ELEMENT, a + ELEMENT, b + ELEMENT)


@inner
def q2_sub(d: int, a: int, b: int) -> None:
    """[d] = [a] - [b] in Fq2."""
    sub(d, a, b)
    sub(d + ELEMENT, a + ELEMENT, b + ELEMENT)


@inner
def q2_mul(d: int, a: int, b: int) -> None:
    """[d] = [a]·[b] in Fq2 with three products (Karatsuba)."""
    low = stack(1)
    high = stack(1)
    sums = stack(2)
    mul(low, a, b)
    mul(high, a + ELEMENT, b + ELEMENT)
    add(sums, a, a + ELEMENT)
    add(sums + ELEMENT, b, b + ELEMENT)
    mul(sums, sums, sums + ELEMENT)
    sub(d, low, high)
    sub(sums, sums, low)
    sub(d + ELEMENT, sums, high)


@inner
def q2_square(d: int, a: int) -> None:
    """[d] = [a]^2 in Fq2: (a0 + a1)(a0 - a1) + 2·a0·a1·u."""
    t = stack(2)
    cross = stack(1)
    add(t, a, a + ELEMENT)
    sub(t + ELEMENT, a, a + ELEMENT)
    mul(cross, a, a + ELEMENT)
    mul(d, t, t + ELEMENT)
    add(d + ELEMENT, cross, cross)


@inner
def q2_conjugate(d: int, a: int) -> None:
    """[d] = [a]^q in Fq2: a0 - a1·u."""
    copy(d, a)
    sub(d + ELEMENT, zero(), a + ELEMENT)


@inner
def q2_mul_xi(d: int, a: int) -> None:
    """[d] = (9 + u)·[a], the non-residue that defines Fq6."""
    nine = stack(2)
    q2_add(nine, a, a)
    q2_add(nine, nine, nine)
    q2_add(nine, nine, nine)
    q2_add(nine, nine, a)
    low = stack(1)
    sub(low, nine, a + ELEMENT)
    add(d + ELEMENT, nine + ELEMENT, a)
    copy(d, low)


@inner
def q2_scale(d: int, a: int, factor: int) -> None:
    """[d] = [a]·[factor] with a factor in Fq."""
    mul(d, a, factor)
    mul(d + ELEMENT, a + ELEMENT, factor)


@inner
def q2_inverse(d: int, a: int) -> None:
    """[d] = [a]^-1 in Fq2: the conjugate over the norm a0^2 + a1^2; 0 for 0."""
    norm = stack(2)
    mul(norm, a, a)
    mul(norm + ELEMENT, a + ELEMENT, a + ELEMENT)
    add(norm, norm, norm + ELEMENT)
    fq_inverse(norm, norm)
    q2_conjugate(d, a)
    q2_scale(d, d, norm)


@inner
def e_add(e: int, d: int, a: int, b: int) -> None:
    """[d] = [a] + [b] in degree e."""
    add(d, a, b)
    if e == 2:
        add(d + ELEMENT, a + ELEMENT, b + ELEMENT)


@inner
def e_sub(e: int, d: int, a: int, b: int) -> None:
    """[d] = [a] - [b] in degree e."""
    sub(d, a, b)
    if e == 2:
        sub(d + ELEMENT, a + ELEMENT, b + ELEMENT)


@inner
def e_mul(e: int, d: int, a: int, b: int) -> None:
    """[d] = [a]·[b] in degree e."""
    if e == 1:
        mul(d, a, b)
    else:
        q2_mul(d, a, b)


@inner
def e_square(e: int, d: int, a: int) -> None:
    """[d] = [a]^2 in degree e."""
    if e == 1:
        mul(d, a, a)
    else:
        q2_square(d, a)


@inner
def e_inverse(e: int, d: int, a: int) -> None:
    """[d] = [a]^-1 in degree e; 0 for 0."""
    if e == 1:
        fq_inverse(d, a)
    else:
        q2_inverse(d, a)


@inner
def e_copy(e: int, d: int, a: int) -> None:
    """[d] = [a] in degree e."""
    copy(d, a)
    if e == 2:
        copy(d + ELEMENT, a + ELEMENT)


@inner
def e_clear(e: int, d: int) -> None:
    """[d] = 0 in degree e."""
    clear(d)
    if e == 2:
        clear(d + ELEMENT)


@inner
def e_set_one(e: int, d: int) -> None:
    """[d] = 1 in degree e."""
    copy(d, fq_one())
    if e == 2:
        clear(d + ELEMENT)


@inner
def e_is_zero(e: int, a: int) -> Any:
    """Whether [a] = 0 in degree e."""
    if e == 2 and not is_zero(a + ELEMENT):
        return False
    return is_zero(a)


@inner
def e_equal(e: int, a: int, b: int) -> Any:
    """Whether [a] = [b] in degree e."""
    if e == 2 and not equal(a + ELEMENT, b + ELEMENT):
        return False
    return equal(a, b)
