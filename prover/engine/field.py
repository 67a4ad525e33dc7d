"""The base field Fq and the scalar field Fr of BN254.

"Montgomery form" of x is x·2^256 mod p. ``fq_mul`` and ``fr_mul`` are Montgomery products:
a·b·2^-256, hence a product in Montgomery form if both operands are, and a plain product in
standard form if exactly one of them is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from zkpot.prover.engine.jit import inner, kernel
from zkpot.prover.engine.limbs import (
    ELEMENT,
    Modulus,
    below,
    constant,
    copy,
    emit_add,
    emit_mul,
    emit_sub,
    equal,
    load64,
    stack,
    ternary,
)

Words = npt.NDArray[np.uint64]

Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""Order of the base field; also the number of points is R, not Q."""
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order of the scalar field and of G1, G2 and GT."""
RADIX = 1 << 256

_FQ, _FR = Modulus("fq", Q), Modulus("fr", R)


def words_of(value: int) -> list[int]:
    """The four 64-bit limbs of ``value`` < 2^256, least significant first."""
    return [(value >> shift) & 0xFFFFFFFFFFFFFFFF for shift in (0, 64, 128, 192)]


fq_add = ternary("zkpot_fq_add", emit_add(_FQ))
fq_sub = ternary("zkpot_fq_sub", emit_sub(_FQ))
fq_mul = ternary("zkpot_fq_mul", emit_mul(_FQ))
fr_add = ternary("zkpot_fr_add", emit_add(_FR))
fr_sub = ternary("zkpot_fr_sub", emit_sub(_FR))
fr_mul = ternary("zkpot_fr_mul", emit_mul(_FR))

zero = constant("zkpot_zero", [0, 0, 0, 0])
fq_modulus = constant("zkpot_fq_modulus", words_of(Q))
fr_modulus = constant("zkpot_fr_modulus", words_of(R))
fq_one = constant("zkpot_fq_one", words_of(RADIX % Q))
fr_one = constant("zkpot_fr_one", words_of(RADIX % R))
_fq_inverse_exponent = constant("zkpot_fq_exponent", words_of(Q - 2))
_fr_inverse_exponent = constant("zkpot_fr_exponent", words_of(R - 2))


@inner
def is_zero(a: int) -> Any:
    """Whether the element at ``a`` is 0."""
    return equal(a, zero())


@inner
def bit(a: int, i: int) -> Any:
    """Bit ``i`` of the 256-bit integer at ``a``."""
    return (load64(a + ((i >> 6) << 3)) >> np.uint64(i & 63)) & np.uint64(1)


@inner
def fq_inverse(d: int, a: int) -> None:
    """[d] = [a]^-1 by Fermat, Montgomery form; 0 for 0."""
    base = stack(1)
    copy(base, a)
    copy(d, fq_one())
    for i in range(253, -1, -1):
        fq_mul(d, d, d)
        if bit(_fq_inverse_exponent(), i):
            fq_mul(d, d, base)


@inner
def fr_inverse(d: int, a: int) -> None:
    """[d] = [a]^-1 by Fermat, Montgomery form; 0 for 0."""
    base = stack(1)
    copy(base, a)
    copy(d, fr_one())
    for i in range(253, -1, -1):
        fr_mul(d, d, d)
        if bit(_fr_inverse_exponent(), i):
            fr_mul(d, d, base)


@kernel
def fr_invert_many(values: int, products: int, count: int) -> None:
    """Replace ``count`` non-zero elements by their inverses (Montgomery's trick).

    ``products`` is scratch memory of the same size.
    """
    total, previous = stack(1), stack(1)
    copy(total, fr_one())
    for i in range(count):
        copy(products + i * ELEMENT, total)
        fr_mul(total, total, values + i * ELEMENT)
    fr_inverse(total, total)
    for i in range(count - 1, -1, -1):
        fr_mul(previous, total, products + i * ELEMENT)
        fr_mul(total, total, values + i * ELEMENT)
        copy(values + i * ELEMENT, previous)


@kernel
def fr_scale(d: int, a: int, factor: int, count: int) -> None:
    """d[i] = a[i]·factor·2^-256 mod R for ``count`` elements."""
    for i in range(count):
        fr_mul(d + i * ELEMENT, a + i * ELEMENT, factor)


@kernel
def all_below_r(a: int, count: int) -> Any:
    """Whether ``count`` elements are all canonical scalars."""
    for i in range(count):
        if not below(a + i * ELEMENT, fr_modulus()):
            return False
    return True


def address(array: npt.NDArray[Any]) -> int:
    """Address of a C-contiguous array; the caller keeps the array alive while it is used."""
    if not array.flags.c_contiguous:
        raise ValueError("kernels take C-contiguous memory")
    return int(array.ctypes.data)


def to_words(values: Iterable[int]) -> Words:
    """Integers in [0, 2^256) as an array [n, 4] of uint64."""
    raw = b"".join(value.to_bytes(32, "little") for value in values)
    return np.frombuffer(bytearray(raw), dtype="<u8").reshape(-1, 4)


def from_words(words: Words) -> list[int]:
    """The integers of an array [..., 4] of uint64, flattened."""
    raw = np.ascontiguousarray(words, dtype="<u8").tobytes()
    return [int.from_bytes(raw[i : i + 32], "little") for i in range(0, len(raw), 32)]


def fq_montgomery(values: Iterable[int]) -> Words:
    """Residues modulo Q as Montgomery-form words [n, 4]."""
    return to_words(value * RADIX % Q for value in values)


def fr_montgomery(values: Iterable[int]) -> Words:
    """Residues modulo R as Montgomery-form words [n, 4]."""
    return to_words(value * RADIX % R for value in values)


_FQ_RADIX_INVERSE = pow(RADIX, -1, Q)


def fq_integers(words: Words) -> list[int]:
    """Residues modulo Q of Montgomery-form words [..., 4], flattened."""
    return [value * _FQ_RADIX_INVERSE % Q for value in from_words(words)]
