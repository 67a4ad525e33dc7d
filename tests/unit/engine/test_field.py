"""Field arithmetic against Python integers."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zkpot.prover.engine import field
from zkpot.prover.engine.field import (
    RADIX,
    Q,
    R,
    address,
    fq_add,
    fq_inverse,
    fq_modulus,
    fq_mul,
    fq_sub,
    fr_add,
    fr_inverse,
    fr_invert_many,
    fr_mul,
    fr_sub,
    from_words,
    to_words,
)
from zkpot.prover.engine.limbs import below
from zkpot.prover.engine.quadratic import q2_inverse, q2_mul, q2_mul_xi, q2_square


@numba.njit
def _fq(d: int, a: int) -> None:
    fq_add(d, a, a + 32)
    fq_sub(d + 32, a, a + 32)
    fq_mul(d + 64, a, a + 32)
    fq_inverse(d + 96, a)


@numba.njit
def _fr(d: int, a: int) -> None:
    fr_add(d, a, a + 32)
    fr_sub(d + 32, a, a + 32)
    fr_mul(d + 64, a, a + 32)
    fr_inverse(d + 96, a)


@numba.njit
def _q2(d: int, a: int) -> None:
    q2_mul(d, a, a + 64)
    q2_square(d + 64, a)
    q2_inverse(d + 128, a)
    q2_mul_xi(d + 192, a)
    q2_mul(a, a, a + 64)


@numba.njit
def _is_canonical(a: int) -> bool:
    return below(a, fq_modulus())


def _edges(p: int) -> list[int]:
    return [0, 1, 2, p - 1, p - 2, p // 2, RADIX % p, (1 << 192) - 1, 1 << 64]


def _check(kernel: object, p: int, a: int, b: int) -> None:
    words, out = to_words([a, b]), np.zeros((4, 4), np.uint64)
    kernel(address(out), address(words))  # type: ignore[operator]
    inverse_radix = pow(RADIX, -1, p)
    inverse = pow(a, -1, p) * RADIX * RADIX % p if a else 0
    assert from_words(out) == [(a + b) % p, (a - b) % p, a * b * inverse_radix % p, inverse]


@pytest.mark.parametrize(("kernel", "p"), [(_fq, Q), (_fr, R)])
def test_edges(kernel: object, p: int) -> None:
    for a in _edges(p):
        for b in _edges(p):
            _check(kernel, p, a, b)


@settings(max_examples=200, deadline=None)
@given(a=st.integers(0, R - 1), b=st.integers(0, R - 1))
def test_any_operands(a: int, b: int) -> None:
    _check(_fq, Q, a, b)
    _check(_fr, R, a, b)


def _times(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


@settings(max_examples=100, deadline=None)
@given(st.tuples(*[st.one_of(st.integers(0, Q - 1), st.sampled_from([0, 1, Q - 1]))] * 4))
def test_quadratic_extension(values: tuple[int, int, int, int]) -> None:
    a, b = values[:2], values[2:]
    words, out = field.fq_montgomery(values), np.zeros((8, 4), np.uint64)
    _q2(address(out), address(words))
    got = field.fq_integers(out)
    assert tuple(got[:2]) == _times(a, b)
    assert tuple(got[2:4]) == _times(a, a)
    if any(a):
        assert _times(a, (got[4], got[5])) == (1, 0)
    else:
        assert got[4:6] == [0, 0]
    assert tuple(got[6:]) == _times(a, (9, 1))
    in_place = field.fq_integers(words)
    assert tuple(in_place[:2]) == _times(a, b)


def test_batch_inversion() -> None:
    values = [1, 2, R - 1, 12345, 2, R // 2]
    words, scratch = field.fr_montgomery(values), np.empty((len(values), 4), np.uint64)
    fr_invert_many(address(words), address(scratch), len(values))
    inverse_radix = pow(RADIX, -1, R)
    assert [w * inverse_radix % R for w in from_words(words)] == [pow(v, -1, R) for v in values]


def test_canonical_bound() -> None:
    for value, canonical in ((Q - 1, True), (Q, False), (0, True), (RADIX - 1, False)):
        words = to_words([value])
        assert bool(_is_canonical(address(words))) is canonical


def test_words_round_trip() -> None:
    values = [0, 1, RADIX - 1, Q]
    assert from_words(to_words(values)) == values
    assert field.words_of(Q) == to_words([Q]).ravel().tolist()


def test_strided_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="contiguous"):
        address(to_words([1, 2, 3, 4])[::2])
