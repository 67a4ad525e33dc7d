"""Verification keys that must not be used, recognised without a secret.

BN254: G1 is y² = x³ + 3 over Fq, G2 lies on y² = x³ + 3/(9 + u) over Fq[u]/(u² + 1) (EIP-197).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zkpot.compiler.field import FIELD
from zkpot.prover.binfile import BASE_FIELD as Q
from zkpot.prover.errors import KeyRefused
from zkpot.prover.points import G1Point, G2Point, MalformedPoint, g1_point, g2_point

Fq2 = tuple[int, int]
_INDEPENDENT = (
    ("delta", "gamma", "it"),
    ("beta", "gamma", "its powers of tau"),
    ("beta", "delta", "one of them"),
)


@dataclass(frozen=True)
class KeyPoints:
    """The points of a key that `check_key` accepts; ``ic``: one more than it has signals."""

    alpha: G1Point
    beta: G2Point
    gamma: G2Point
    delta: G2Point
    ic: tuple[G1Point, ...]


def check_key(vk: Mapping[str, Any]) -> KeyPoints:
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
    count = vk.get("nPublic")
    if type(count) is not int or count < 0:  # JSON's true is an int to Python too
        raise _refused("it is malformed: nPublic is not a count")
    points = KeyPoints(
        alpha=_g1(vk.get("vk_alpha_1"), "vk_alpha_1"),
        beta=_g2(vk.get("vk_beta_2"), "vk_beta_2"),
        gamma=_g2(vk.get("vk_gamma_2"), "vk_gamma_2"),
        delta=_g2(vk.get("vk_delta_2"), "vk_delta_2"),
        ic=_inputs(vk.get("IC"), count),
    )
    _check_pairs(points)
    return points


def _inputs(values: object, count: int) -> tuple[G1Point, ...]:
    if not isinstance(values, list):
        raise _refused("it is malformed: IC is not a list")
    if len(values) != count + 1:
        raise _refused(f"it has {len(values)} IC points for {count} public signals")
    points = tuple(_g1(value, f"IC[{index}]") for index, value in enumerate(values))
    if len({x for x, _ in points}) != len(points):
        raise _refused("two of its IC points are equal up to sign")
    return points


def _check_pairs(points: KeyPoints) -> None:
    """Refuses two equal factors of e(A, B) = e(alpha, beta)·e(L, gamma)·e(C, delta), L = IC(x).

    With each pair equal, whoever has the key alone solves it for every x (± with the sign):
    delta = gamma by A = alpha, B = beta, C = -L; beta = gamma by A = alpha + L, B = gamma + delta,
    C = A; beta = delta by A = L, B = beta + gamma, C = L - alpha.
    """
    for one, other, whose in _INDEPENDENT:
        if getattr(points, one)[0] == getattr(points, other)[0]:
            raise KeyRefused(
                "the verification key is forgeable",
                why=f"its {one} equals its {other} up to sign: nobody contributed to {whose}",
                remedy="run `zkpot setup` again, with a contribution",
            )


def _refused(why: str) -> KeyRefused:
    return KeyRefused(
        "the verification key is refused", why=why, remedy="get the key again from its publisher"
    )


def _g1(value: object, name: str) -> G1Point:
    try:
        x, y = g1_point(value)
    except MalformedPoint as fault:
        raise _refused(f"{name} is malformed: {fault}") from fault
    if (y * y - x * x * x - 3) % Q:
        raise _refused(f"{name} is not on the curve")
    return x, y


def _g2(value: object, name: str) -> G2Point:
    try:
        x, y = g2_point(value)
    except MalformedPoint as fault:
        raise _refused(f"{name} is malformed: {fault}") from fault
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
