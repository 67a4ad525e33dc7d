"""The sponge in the circuit against the native one, and its price."""

from __future__ import annotations

import random

import pytest
from rig.calls import Call, constraint_counts, run
from rig.witness import signed
from zkpot.compiler.field import FIELD
from zkpot.compiler.poseidon import initial_capacity, sponge

LENGTHS = (1, 15, 16, 17, 33)


def calls() -> list[Call]:
    return [
        Call("lib/poseidon.circom", "Sponge", (n, initial_capacity("test", "id", n)), ((n,),), ())
        for n in LENGTHS
    ]


def test_the_sponge_is_the_native_sponge():
    rng = random.Random(41)
    values = [[rng.randrange(FIELD) for _ in range(n)] for n in LENGTHS]
    values[0] = [FIELD - 1]
    outputs = run(calls(), [[v] for v in values])
    for n, value, output in zip(LENGTHS, values, outputs, strict=True):
        assert int(output) == signed(sponge(value, initial_capacity("test", "id", n)))


def test_a_permutation_is_612_constraints_and_the_squeeze_one():
    assert constraint_counts(calls()) == [612 * -(-n // 16) + 1 for n in LENGTHS]


@pytest.mark.parametrize("pair", [([5], [5, 0]), ([0], [0, 0])])
def test_zero_padding_collides_with_no_other_length(pair):
    digests = {sponge(v, initial_capacity("test", "id", len(v))) for v in pair}
    assert len(digests) == 2
