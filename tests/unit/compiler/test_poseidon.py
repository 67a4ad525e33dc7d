"""Poseidon against circomlib's published outputs and against the paper's rounds, done naively."""

from __future__ import annotations

import random
import runpy
from importlib.resources import files
from pathlib import Path

import pytest
from zkpot.compiler.field import FIELD
from zkpot.compiler.poseidon import RATE, WIDTH, hash_elements, initial_capacity, permute, sponge

GENERATOR = Path(__file__).parents[3] / "tools" / "poseidon_constants.py"


@pytest.fixture(scope="module")
def generator():
    return runpy.run_path(str(GENERATOR))


def naive(state: list[int], constants: list[int], matrix: list[list[int]]) -> list[int]:
    """4 full rounds, 68 with one S-box, 4 full ones: add constants, S-box, multiply."""
    for rnd in range(76):
        state = [(v + c) % FIELD for v, c in zip(state, constants[17 * rnd :], strict=False)]
        full = rnd < 4 or rnd >= 72
        state = [pow(v, 5, FIELD) if full or i == 0 else v for i, v in enumerate(state)]
        state = [sum(m * v for m, v in zip(row, state, strict=True)) % FIELD for row in matrix]
    return state


@pytest.mark.parametrize(
    ("state", "first"),
    [
        (
            list(range(17)),
            9989051620750914585850546081941653841776809718687451684622678807385399211877,
        ),
        ([0] * 17, 6961025786505490270790487869888725702980364259855350215456397845563605340881),
    ],
    ids=["0 to 16", "zeros"],
)
def test_circomlibs_outputs(state, first):
    assert permute(state)[0] == first


def test_the_sparse_rounds_are_the_papers_rounds(generator):
    constants, matrix = generator["parameters"]()
    rng = random.Random(91)
    states = [[rng.randrange(FIELD) for _ in range(WIDTH)] for _ in range(4)]
    for state in [*states, [FIELD - 1] * WIDTH]:
        assert permute(state) == naive(state, constants, matrix)


def test_the_committed_constants_are_the_generators(generator, capsys):
    committed = files("zkpot.circuits").joinpath("lib/poseidon_constants.circom").read_text()
    assert generator["render"]() == committed
    runpy.run_path(str(GENERATOR), run_name="__main__")
    assert capsys.readouterr().out == committed


def test_the_matrix_is_invertible_and_its_preimage_is_right(generator):
    _, matrix = generator["parameters"]()
    column = [row[0] for row in generator["inverse"](matrix)]
    product = [sum(m * v for m, v in zip(row, column, strict=True)) % FIELD for row in matrix]
    assert product == [1] + [0] * 16


def test_a_sponge_absorbs_block_by_block():
    rng = random.Random(92)
    elements = [rng.randrange(FIELD) for _ in range(RATE + 3)]
    state = permute([7, *elements[:RATE]])
    block = [*elements[RATE:], *[0] * (RATE - 3)]
    state = permute([state[0], *((a + b) % FIELD for a, b in zip(state[1:], block, strict=True))])
    assert sponge(elements, 7) == state[1]


def test_capacities_tell_domains_circuits_and_lengths_apart():
    capacities = {
        initial_capacity(domain, circuit, length)
        for domain in ("commitment", "challenge")
        for circuit in ("", "0", "a")
        for length in (1, 2, 16, 17)
    }
    assert len(capacities) == 24
    assert all(0 <= c < 1 << 248 for c in capacities)


def test_hashes_of_padded_lists_differ():
    digests = {hash_elements("test", [5] + [0] * zeros) for zeros in range(18)}
    assert len(digests) == 18
