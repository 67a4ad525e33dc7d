"""Verification keys that must not be used, recognised without a secret.

BN254: G1 is y² = x³ + 3 over Fq, G2 lies on y² = x³ + 3/(9 + u) over Fq[u]/(u² + 1) (EIP-197).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from zkpot.compiler.field import FIELD
from zkpot.prover.binfile import BASE_FIELD as Q
from zkpot.prover.errors import KeyRefused

Fq2 = tuple[int, int]
G2Point = tuple[Fq2, Fq2]
_G2_POINTS = ("vk_beta_2", "vk_gamma_2", "vk_delta_2")
_INDEPENDENT = (
    ("delta", "gamma", "it"),
    ("beta", "gamma", "its powers of tau"),
    ("beta", "delta", "one of them"),
)


def check_key(vk: Mapping[str, Any]) -> None:
    """Refuse a key in snarkjs's JSON form that is forgeable, degenerate or not a key.

    With two of beta, gamma and delta equal up to sign anyone proves anything (`_check_pairs`). A
    point at infinity unties what it multiplies; IC points that are equal, or opposite, let two
    signals change together. Points must be canonical, on the curve, and of the group's order.
    Raises KeyRefused.
    """
    if not isinstance(vk, Mapping):
        raise _refused("it is no JSON object")
    if (vk.get("protocol"), vk.get("curve")) != ("groth16", "bn128"):
        named = f"{vk.get('protocol')} over {vk.get('curve')}"
        raise _refused(f"it is for {named}, and Groth16 over bn128 is needed")
    try:
        inputs = [_g1(point, f"IC[{index}]") for index, point in enumerate(vk["IC"])]
        count = _count(vk["nPublic"])
        _g1(vk["vk_alpha_1"], "vk_alpha_1")
        points = {name: _g2(vk[name], name) for name in _G2_POINTS}
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(f"it is malformed ({error!r})") from error
    if len(inputs) != count + 1:
        raise _refused(f"it has {len(inputs)} IC points for {count} public signals")
    if len({x for x, _ in inputs}) != len(inputs):
        raise _refused("two of its IC points are equal up to sign")
    _check_pairs(points)


def _check_pairs(points: Mapping[str, G2Point]) -> None:
    """Refuses two equal factors of e(A, B) = e(alpha, beta)·e(L, gamma)·e(C, delta), L = IC(x).

    With each pair equal, whoever has the key alone solves it for every x (± with the sign):
    delta = gamma by A = alpha, B = beta, C = -L; beta = gamma by A = alpha + L, B = gamma + delta,
    C = A; beta = delta by A = L, B = beta + gamma, C = L - alpha.
    """
    for one, other, whose in _INDEPENDENT:
        if points[f"vk_{one}_2"][0] == points[f"vk_{other}_2"][0]:
            raise KeyRefused(
                "the verification key is forgeable",
                why=f"its {one} equals its {other} up to sign: nobody contributed to {whose}",
                remedy="run `zkpot setup` again, with a contribution",
            )


def _refused(why: str) -> KeyRefused:
    return KeyRefused(
        "the verification key is refused", why=why, remedy="get the key again from its publisher"
    )


def _count(value: Any) -> int:
    if type(value) is not int:  # JSON's true is an int to Python too
        raise ValueError("nPublic is not a number")
    return value


def _coordinate(text: Any, name: str) -> int:
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name} is not a decimal string")
    if int(text) >= Q:
        raise ValueError(f"{name} is not below the field's order")
    return int(text)


def _g1(point: Any, name: str) -> tuple[int, int]:
    x, y, z = (_coordinate(value, name) for value in point)
    if z != 1:
        raise _refused(f"{name} is the point at infinity, or not in affine form")
    if (y * y - x * x * x - 3) % Q:
        raise _refused(f"{name} is not on the curve")
    return x, y


def _g2(point: Any, name: str) -> G2Point:
    x, y, z = ((_coordinate(re, name), _coordinate(im, name)) for re, im in point)
    if z != (1, 0):
        raise _refused(f"{name} is the point at infinity, or not in affine form")
    if _sub(_mul(y, y), _add(_mul(x, _mul(x, x)), _TWIST)) != (0, 0):
        raise _refused(f"{name} is not on the twisted curve")
    if not _has_group_order((x, y)):
        raise _refused(f"{name} is not of the group's order")
    return x, y


def _add(a: Fq2, b: Fq2) -> Fq2:
    return (a[0] + b[0]) % Q, (a[1] + b[1]) % Q


def _sub(a: Fq2, b: Fq2) -> Fq2:
    return (a[0] - b[0]) % Q, (a[1] - b[1]) % Q


def _mul(a: Fq2, b: Fq2) -> Fq2:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


def _div(a: Fq2, b: Fq2) -> Fq2:
    inverse = pow(b[0] * b[0] + b[1] * b[1], -1, Q)
    return _mul(a, (b[0] * inverse % Q, -b[1] * inverse % Q))


_TWIST = _div((3, 0), (9, 1))


def _has_group_order(point: G2Point) -> bool:
    """(order - 1)·P = -P, by double and add: no intermediate is infinite for a point of order r.

    For another order one may be: then a slope's denominator is 0, which has no inverse.
    """
    total = point
    try:
        for bit in itertools.islice(bin(FIELD - 1), 3, None):
            total = _chord(total, total, _tangent(total))
            if bit == "1":
                total = _chord(total, point, _slope(total, point))
    except ValueError:
        return False
    return total == (point[0], _sub((0, 0), point[1]))


def _tangent(p: G2Point) -> Fq2:
    square = _mul(p[0], p[0])
    return _div((3 * square[0] % Q, 3 * square[1] % Q), _add(p[1], p[1]))


def _slope(p: G2Point, q: G2Point) -> Fq2:
    return _div(_sub(q[1], p[1]), _sub(q[0], p[0]))


def _chord(p: G2Point, q: G2Point, slope: Fq2) -> G2Point:
    """p + q, on the line of that slope."""
    x = _sub(_sub(_mul(slope, slope), p[0]), q[0])
    return x, _sub(_mul(slope, _sub(p[0], x)), p[1])
