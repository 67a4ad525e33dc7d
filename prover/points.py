"""Curve points as snarkjs writes them in JSON: decimal coordinates, affine, and only one spelling.

Whether a point is on its curve, and in its group, is for the callers.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkpot.prover.binfile import BASE_FIELD

G1Point = tuple[int, int]
G2Point = tuple[tuple[int, int], tuple[int, int]]

MAX_DIGITS = 78
"""Decimal digits of the largest 256-bit number."""


class MalformedPoint(ValueError):
    """Why a JSON value is no point."""


def g1_point(value: object) -> G1Point:
    """The coordinates of a finite point of G1. Raises MalformedPoint."""
    x, y, z = map(_coordinate, _items(value, 3))
    if z != 1:
        raise MalformedPoint("it is the point at infinity, or not in affine form")
    return x, y


def g2_point(value: object) -> G2Point:
    """The coordinates of a finite point of G2. Raises MalformedPoint."""
    pairs = [_items(pair, 2) for pair in _items(value, 3)]
    x, y, z = ((_coordinate(re), _coordinate(im)) for re, im in pairs)
    if z != (1, 0):
        raise MalformedPoint("it is the point at infinity, or not in affine form")
    return x, y


def _coordinate(value: object) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise MalformedPoint("a coordinate is not a decimal string")
    if len(value) > MAX_DIGITS or int(value) >= BASE_FIELD:
        raise MalformedPoint("a coordinate is not below the field's order")
    return int(value)


def _items(value: object, count: int) -> Sequence[object]:
    if not isinstance(value, (list, tuple)) or len(value) != count:
        raise MalformedPoint(f"it is not a list of {count}")
    return value
