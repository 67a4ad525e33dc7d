"""Insecure powers of tau: relations that any ptau must satisfy, checked by pairings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from zkpot.prover.engine.curve import G1_GENERATOR, weighted_sum
from zkpot.prover.engine.field import Q, Words, address, fq_integers, fq_montgomery, to_words
from zkpot.prover.engine.pairing import g2_words, pairing_product
from zkpot.prover.engine.ptau import MAX_POWER, dev_ptau
from zkpot.prover.engine.zkey_check import _GENERATOR2
from zkpot.prover.errors import PtauError

POWER = 3
Sections = list[tuple[int, bytes]]


@pytest.fixture(scope="module")
def words(
    tmp_path_factory: pytest.TempPathFactory, split_container: Callable[[bytes], Sections]
) -> dict[int, Words]:
    path = tmp_path_factory.mktemp("ptau") / "small.ptau"
    dev_ptau(POWER, path)
    sections = dict(split_container(path.read_bytes()))
    assert sections.pop(1)[-8:] == bytes([POWER, 0, 0, 0] * 2)
    assert sections.pop(7) == bytes(4)
    twos = (3, 6, 13)
    return {
        n: np.frombuffer(data, "<u8").reshape(-1, 4 if n in twos else 2, 4)
        for n, data in sections.items()
    }


def _same_ratio(p: Words, q: Words, g: Words, h: Words) -> bool:
    """Whether q is to p (in G1) as h is to g (in G2)."""
    x, y = fq_integers(p)
    pair = np.concatenate([fq_montgomery([x, -y % Q]).reshape(1, 2, 4), q[None]])
    value = pairing_product(pair, np.stack([h, g]))
    return fq_integers(value) == [1] + [0] * 11


def _total(points: Words) -> list[int]:
    out, ones, bases = np.empty((2, 4), np.uint64), to_words([1] * len(points)), points.copy()
    weighted_sum(address(out), address(bases), address(ones), len(points))
    return fq_integers(out)


def test_sizes(words: dict[int, Words]) -> None:
    one, two = 1 << POWER, 2 << POWER
    sizes = {2: two - 1, 3: one, 4: one, 5: one, 6: 1, 12: 2 * two - 1, 13: two - 1}
    assert {n: len(part) for n, part in words.items()} == {**sizes, 14: two - 1, 15: two - 1}


def test_powers_are_consecutive(words: dict[int, Words]) -> None:
    ones, twos = words[2], words[3]
    assert fq_integers(ones[0]) == list(G1_GENERATOR)
    assert np.array_equal(twos[0], g2_words([_GENERATOR2])[0])
    for i in (0, 1, len(ones) - 2):
        assert _same_ratio(ones[i], ones[i + 1], twos[0], twos[1])
    for i in (1, len(twos) - 2):
        assert _same_ratio(ones[0], ones[1], twos[i], twos[i + 1])
    for section in (4, 5):
        assert _same_ratio(words[section][-2], words[section][-1], twos[0], twos[1])
    assert _same_ratio(ones[0], words[5][0], twos[0], words[6][0])
    assert not _same_ratio(ones[0], words[4][0], twos[0], words[6][0])


def test_lagrange_blocks_sum_to_one(words: dict[int, Words]) -> None:
    for power in range(POWER + 2):
        block = words[12][(1 << power) - 1 : (2 << power) - 1]
        assert _total(block) == list(G1_GENERATOR)
    for section, base in ((14, 4), (15, 5)):
        last = words[section][(1 << POWER) - 1 :]
        assert _total(last) == fq_integers(words[base][0])


@pytest.mark.parametrize("power", [0, -1, MAX_POWER + 1])
def test_powers_out_of_range(power: int, tmp_path: Path) -> None:
    with pytest.raises(PtauError, match="power"):
        dev_ptau(power, tmp_path / "no.ptau")
    assert list(tmp_path.iterdir()) == []
