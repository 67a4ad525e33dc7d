"""Constraints that leave a linear form only two values: what a booleanity is, in general."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .system import Form, Row, canonical, plus


@dataclass(frozen=True)
class TwoValued:
    """``form`` (without a constant, its first coefficient 1) is ``low`` or ``low`` + ``step``."""

    form: Form
    low: int
    step: int


def two_valued(row: Row, prime: int) -> TwoValued | None:
    """The form that A·B = C restricts to the roots of a quadratic, if A, B and C are all in one."""
    a, b, c = row
    support = a.keys() - {0}
    if not support or b.keys() - {0} != support or not c.keys() - {0} <= support:
        return None
    lead = min(support)
    inverse = pow(a[lead], -1, prime)
    form = {wire: v * inverse % prime for wire, v in a.items() if wire}
    slopes = [_slope(part, form, lead, prime) for part in row]
    if None in slopes:
        return None
    alpha, beta, gamma = (s or 0 for s in slopes)
    a0, b0, c0 = (part.get(0, 0) for part in row)
    roots = _roots(
        alpha * beta % prime,
        (alpha * b0 + beta * a0 - gamma) % prime,
        (a0 * b0 - c0) % prime,
        prime,
    )
    if roots is None:
        return None
    return TwoValued(form, roots[0], (roots[1] - roots[0]) % prime)


def two_valued_beside(
    row: Row, known: Mapping[tuple[tuple[int, int], ...], TwoValued], prime: int
) -> TwoValued | None:
    """The form that A·B = 0 leaves two values because of another that has two.

    A = 0, or A = A - r·B for any r; with r such that A - r·B is a two-valued form and a constant,
    and 0 one of its values, A has these two values. So is a bit that must be 1 where h is:
    (1 - bit)·(bit - h) = 0.
    """
    a, b, c = row
    if c:
        return None
    ratio = _usual_ratio(a, b, prime)
    if ratio is None:
        return None
    rest = plus(a, b, -ratio, prime)
    varying = {wire: v for wire, v in rest.items() if wire}
    other = known.get(canonical(varying, prime)) if varying else None
    if other is None:
        return None
    factor, constant = varying[min(varying)], rest.get(0, 0)
    ends = [(factor * v + constant) % prime for v in (other.low, other.low + other.step)]
    if 0 not in ends:
        return None
    lead = pow(a[min(a.keys() - {0})], -1, prime)
    low, high = sorted((end - a.get(0, 0)) * lead % prime for end in ends)
    return TwoValued({w: v * lead % prime for w, v in a.items() if w}, low, high - low)


def _usual_ratio(a: Form, b: Form, prime: int) -> int | None:
    """What most wires' coefficients in ``a`` are, as a multiple of those in ``b``."""
    shared = (a.keys() & b.keys()) - {0}
    ratios = Counter(a[w] * pow(b[w], -1, prime) % prime for w in shared)
    return ratios.most_common(1)[0][0] if ratios else None


def _slope(part: Form, form: Form, lead: int, prime: int) -> int | None:
    """The factor by which ``part`` is ``form``, constants aside; None if it is no multiple."""
    slope = part.get(lead, 0)
    multiple = {wire: v * slope % prime for wire, v in form.items()} if slope else {}
    return slope if {w: v for w, v in part.items() if w} == multiple else None


@lru_cache(maxsize=1_000)
def _roots(a: int, b: int, c: int, prime: int) -> tuple[int, int] | None:
    """The roots of ax² + bx + c, a not 0, the one nearer to 0 first; None if there are none."""
    root = _square_root((b * b - 4 * a * c) % prime, prime)
    if root is None:
        return None
    half = pow(2 * a, -1, prime)
    found = ((-b + root) * half % prime, (-b - root) * half % prime)
    return min(found), max(found)


def _square_root(value: int, prime: int) -> int | None:
    """A root of ``value`` modulo an odd prime, by Cipolla's algorithm; None if it is no square."""
    if value == 0:
        return 0
    if pow(value, (prime - 1) // 2, prime) != 1:
        return None
    shift = 0
    while pow(shift * shift - value, (prime - 1) // 2, prime) != prime - 1:
        shift += 1
    non_square = (shift * shift - value) % prime

    def multiply(x: tuple[int, int], y: tuple[int, int]) -> tuple[int, int]:
        (a, b), (c, d) = x, y
        return (a * c + b * d * non_square) % prime, (a * d + b * c) % prime

    power, base, exponent = (1, 0), (shift, 1), (prime + 1) // 2
    while exponent:
        if exponent & 1:
            power = multiply(power, base)
        base, exponent = multiply(base, base), exponent >> 1
    return power[0]
