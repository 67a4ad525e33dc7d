"""The draw is fair, deterministic and bound to the pool; a batch is held against all of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zkpot.compiler.errors import InputError
from zkpot.consensus.beacon import beacon_value, demo_beacon
from zkpot.consensus.draw import NotInPool, Pool, _below, draw, require_batch
from zkpot.consensus.registry import canonical

ROOT, BEACON = bytes(range(32)), b"beacon"
SIZES = st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n)))


def shuffled(root: bytes, length: int, beacon: bytes, count: int, batch: int) -> list[int]:
    """The same draw, with a real list and the numbers written out."""
    seed = hashlib.sha256(
        json.dumps(["zkpot-draw/1", root.hex(), length, beacon.hex(), count, batch]).encode()
    ).digest()
    stream = b"".join(
        hashlib.sha256(seed + i.to_bytes(8, "big")).digest() for i in range(count + 8)
    )
    words = [int.from_bytes(stream[i : i + 8], "big") for i in range(0, len(stream), 8)]
    cards = list(range(length))
    for i in range(count):
        while words[0] >= 2**64 - 2**64 % (length - i):
            words.pop(0)
        j = i + words.pop(0) % (length - i)
        cards[i], cards[j] = cards[j], cards[i]
    return cards[:count]


@given(SIZES, st.binary(min_size=1, max_size=40), st.integers(0, 9))
def test_it_is_a_shuffle_s_beginning(size, beacon, batch):
    length, count = size
    chosen = draw(ROOT, length, beacon, count, batch)
    assert list(chosen) == shuffled(ROOT, length, beacon, count, batch)
    assert len(set(chosen)) == count
    assert all(0 <= index < length for index in chosen)


def test_it_is_fixed_forever():
    assert draw(ROOT, 1000, BEACON, 8) == (898, 586, 346, 723, 730, 463, 247, 682)


def test_every_argument_matters():
    ways = [
        draw(ROOT, 400, BEACON, 20),
        draw(ROOT[::-1], 400, BEACON, 20),
        draw(ROOT, 401, BEACON, 20),
        draw(ROOT, 400, b"other", 20),
        draw(ROOT, 400, BEACON, 21)[:20],
        draw(ROOT, 400, BEACON, 20, batch=1),
    ]
    assert len(set(ways)) == len(ways)


def test_every_order_is_equally_likely():
    """Chi-square over the 24 orders of 4 samples, 2,400 beacons: below the 99.9% point."""
    counts = Counter(draw(ROOT, 4, i.to_bytes(4, "big"), 4) for i in range(2400))
    assert set(counts) == set(permutations(range(4)))
    assert sum((c - 100) ** 2 / 100 for c in counts.values()) < 49.73


def test_words_that_would_bias_are_passed_over():
    last = 2**64 - 1
    assert _below(10, iter([last, 2**64 - 6, 17])) == 7  # 2^64 mod 10 is 6
    assert _below(10, iter([2**64 - 7])) == 9
    assert _below(2, iter([last])) == 1


@pytest.mark.parametrize("count", [0, -1, 5])
def test_more_samples_than_there_are(count):
    with pytest.raises(InputError, match="from a pool of 4"):
        draw(ROOT, 4, BEACON, count)


@pytest.fixture(scope="module")
def pool():
    rng = np.random.default_rng(5)
    return Pool(rng.random((21, 3), np.float32), rng.integers(0, 4, 21), b"secret")


@pytest.fixture(scope="module")
def batch(pool):
    return [pool.open(index) for index in draw(pool.root, len(pool), BEACON, 5)]


def test_the_drawn_batch_holds(pool, batch):
    require_batch(pool.root, len(pool), BEACON, batch)
    for opening in batch:
        assert np.array_equal(opening.x, pool.x[opening.index])
        assert opening.label == pool.y[opening.index]


@pytest.mark.parametrize(
    "change",
    [
        lambda o: replace(o, label=o.label + 1),
        lambda o: replace(o, x=np.nextafter(o.x, np.float32(2))),
        lambda o: replace(o, x=o.x.astype(np.float64)),
        lambda o: replace(o, x=o.x.reshape(1, 3)),
        lambda o: replace(o, blinding=bytes(32)),
        lambda o: replace(o, index=(o.index + 1) % 21),
        lambda o: replace(o, path=o.path[::-1]),
    ],
)
def test_any_change_is_caught(pool, batch, change):
    with pytest.raises(NotInPool):
        require_batch(pool.root, len(pool), BEACON, [*batch[:2], change(batch[2]), *batch[3:]])


def test_a_member_of_the_pool_that_was_not_drawn(pool, batch):
    drawn = {opening.index for opening in batch}
    other = pool.open(next(i for i in range(21) if i not in drawn))
    with pytest.raises(NotInPool, match="the beacon draws"):
        require_batch(pool.root, len(pool), BEACON, [other, *batch[1:]])


def test_another_beacon_order_or_pool(pool, batch):
    for root, beacon, openings in (
        (pool.root, b"later", batch),
        (pool.root, BEACON, batch[::-1]),
        (ROOT, BEACON, batch),
    ):
        with pytest.raises(NotInPool):
            require_batch(root, len(pool), beacon, openings)


def test_the_root_hides_samples_from_guesses(pool):
    assert pool.root != Pool(pool.x, pool.y, b"another secret").root
    assert pool.root == Pool(pool.x.copy(), pool.y.copy(), b"secret").root


def test_copies_are_refused(pool):
    x = np.concatenate([pool.x, pool.x[:1]])
    with pytest.raises(InputError, match="1 samples of the pool are copies"):
        Pool(x, np.zeros(22, np.int64), b"")
    with pytest.raises(InputError, match="21 samples and 20 labels"):
        Pool(pool.x, pool.y[1:], b"")


def test_the_beacon_can_be_recomputed_and_depends_on_every_commitment():
    registry = {"r/alice": 5, "r/bob": 6}
    one, other = demo_beacon(registry), demo_beacon(registry)
    assert one.value != other.value
    assert one.value == beacon_value(registry, one.randomness)
    assert (
        one.value
        == hashlib.sha256(
            b"zkpot-demo-beacon/1\x00" + one.randomness + b'[["r/alice","5"],["r/bob","6"]]'
        ).digest()
    )
    for changed in ({"r/alice": 5}, {"r/alice": 6, "r/bob": 6}, {"r/bob": 6, "r/alice": 5}):
        assert beacon_value(changed, one.randomness) != one.value


def test_the_registry_s_bytes():
    assert canonical({"r/zoë": 1}) == b'[["r/zo\\u00eb","1"]]'
