"""All witnesses of a small circuit over a tiny prime: an answer that no rule had a part in.

Coefficients such as 1/2^7 mean the same fractions modulo any odd prime, so a circuit whose integers
are far below the tiny prime is the same circuit there. Where two witnesses with equal inputs differ
in an output, they are the counterexample; where none do, that holds for this prime only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import isqrt

from zkpot.prover.uniqueness.system import Form, Row, System

Witness = dict[int, int]


def reduced(system: System, prime: int) -> System:
    """``system`` with the same fractions as coefficients, modulo a tiny prime.

    Raises ValueError where a coefficient is no fraction of small integers, or has no meaning there.
    """

    def part(form: Form) -> Form:
        found = {wire: _fraction(c, system.prime, prime) for wire, c in form.items()}
        return {wire: c for wire, c in found.items() if c}

    rows = [(part(a), part(b), part(c)) for a, b, c in system.rows]
    return replace(system, prime=prime, rows=rows)


def _fraction(value: int, prime: int, tiny: int) -> int:
    """a/b modulo ``tiny``, for the a/b with |a|, b < sqrt(prime)/2 that is ``value`` in the field.

    Rational reconstruction: the first remainder below the bound in Euclid's algorithm.
    """
    bound = isqrt(prime) // 2
    (a, b), (next_a, next_b) = (prime, 0), (value, 1)
    while next_a > bound:
        quotient = a // next_a
        (a, b), (next_a, next_b) = (next_a, next_b), (a - quotient * next_a, b - quotient * next_b)
    if abs(next_b) > bound or next_b % tiny == 0:
        raise ValueError(f"{value} is no fraction that means something modulo {tiny}")
    return next_a * pow(next_b, -1, tiny) % tiny


def witnesses(system: System, given: Mapping[int, int]) -> Iterator[Witness]:
    """Every assignment of the wires in constraints that satisfies them, with ``given`` as it is."""
    wires = [sorted({w for part in row for w in part if w}) for row in system.rows]
    yield from _completed(system, wires, {0: 1, **given}, list(range(len(system.rows))))


def _completed(
    system: System, wires: Sequence[Sequence[int]], values: Witness, left: Sequence[int]
) -> Iterator[Witness]:
    """``left``: the rows that are not known to hold yet."""
    missing = [(sum(w not in values for w in wires[n]), n) for n in left]
    if any(not count and not _holds(system.rows[n], values, system.prime) for count, n in missing):
        return
    waiting = [(count, n) for count, n in missing if count]
    if not waiting:
        yield values
        return
    count, number = min(waiting)
    wire = next(w for w in wires[number] if w not in values)
    for value in range(system.prime):
        told = {**values, wire: value}
        if count > 1 or _holds(system.rows[number], told, system.prime):
            yield from _completed(system, wires, told, [n for _, n in waiting])


def _holds(row: Row, values: Mapping[int, int], prime: int) -> bool:
    a, b, c = (sum([k * values[w] for w, k in part.items()]) for part in row)
    return (a * b - c) % prime == 0


def counterexample(
    system: System, domains: Mapping[int, Sequence[int]] | None = None
) -> tuple[Witness, Witness] | None:
    """Two witnesses with equal inputs and another output, or None if there are none.

    ``domains``: values of inputs that are constrained elsewhere; by default all.
    """
    told = domains or {}
    inputs = sorted(system.inputs)
    for chosen in product(*(told.get(w, range(system.prime)) for w in inputs)):
        first: Witness | None = None
        for witness in witnesses(system, dict(zip(inputs, chosen, strict=True))):
            first = first or witness
            if any(first.get(w) != witness.get(w) for w in system.outputs):
                return first, witness
    return None
