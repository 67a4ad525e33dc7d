"""What the checker calls determined is: against every witness of random circuits, and of digits."""

from __future__ import annotations

import random
from itertools import product

import pytest
from uniqueness.exhaustive import witnesses
from zkpot.prover.uniqueness import System, decide
from zkpot.prover.uniqueness.digits import determined
from zkpot.prover.uniqueness.system import Form, Row

PRIME, INPUTS, INNER = 13, 2, 4
WIRES = range(1 + INPUTS + INNER)


def form(rng: random.Random, most: int) -> Form:
    wires = rng.sample(WIRES, rng.randint(1, most))
    return {w: rng.choice((1, 1, PRIME - 1, 2, 4, PRIME - 2)) for w in wires}


def boolean(wire: int) -> Row:
    return {wire: 1}, {wire: 1, 0: PRIME - 1}, {}


def is_zero(rng: random.Random) -> list[Row]:
    tested = form(rng, 2)
    inverse, answer = rng.sample(WIRES[1 + INPUTS :], 2)
    return [(tested, {inverse: 1}, {0: 1, answer: PRIME - 1}), (tested, {answer: 1}, {})]


def one_of(rng: random.Random) -> Row:
    """(u - x)·(u - y) = 0."""
    u, x, y = rng.sample(WIRES, 3)
    return {u: 1, x: PRIME - 1}, {u: 1, y: PRIME - 1}, {}


def random_system(rng: random.Random) -> System:
    """Constraints such as templates have, put together without sense."""
    rows: list[Row] = [boolean(w) for w in WIRES[1:] if rng.random() < 0.5]
    for _ in range(rng.randint(2, 4)):
        kind = rng.randrange(4)
        if kind == 0:
            rows.append(({0: 1}, form(rng, 4), form(rng, 1)))
        elif kind == 1:
            rows.append((form(rng, 2), form(rng, 2), form(rng, 2)))
        elif kind == 2:
            rows += is_zero(rng)
        else:
            rows.append(one_of(rng))
    inner = range(1 + INPUTS, len(WIRES))
    return System(PRIME, len(WIRES), inner, range(1, 1 + INPUTS), rows)


def agree(system: System, wires: list[int]) -> bool:
    """Whether ``wires`` have one value in all witnesses with equal inputs."""
    for values in product(range(PRIME), repeat=INPUTS):
        given = dict(zip(system.inputs, values, strict=True))
        found = {tuple(w.get(wire) for wire in wires) for w in witnesses(system, given)}
        if len(found) > 1:
            return False
    return True


@pytest.mark.parametrize("seed", range(6))
def test_what_is_called_determined_is(seed: int) -> None:
    rng = random.Random(7100 + seed)
    claims = 0
    for _ in range(60):
        system = random_system(rng)
        decided = [w for w in system.outputs if w not in decide(system).undecided]
        claims += len(decided)
        assert agree(system, decided), system
    assert claims > 30


def test_digits_that_are_determined_have_one_reading() -> None:
    rng = random.Random(7200)
    claims = 0
    for _ in range(300):
        count = rng.randint(2, 4)
        coefficients = tuple(rng.randint(1, 60) for _ in range(count))
        spreads = tuple(rng.randint(0, 3) for _ in range(count))
        found = determined(coefficients, spreads, 61)
        claims += len(found)
        for differences in product(*(range(-s, s + 1) for s in spreads)):
            total = sum(c * d for c, d in zip(coefficients, differences, strict=True))
            if total % 61 == 0:
                assert not any(differences[place] for place in found)
    assert claims > 100
