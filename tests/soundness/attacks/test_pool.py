"""A publisher who wants to choose its pool's samples or labels after the draw."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tally import counted
from zkpot.consensus.draw import NotInPool, Opening, Pool, draw, leaf, require_batch
from zkpot.consensus.merkle import membership, merkle_root

BEACON, SIZE = b"beacon", 64
PLAIN = np.arange(SIZE, dtype="<f4") / 7
"""The sample that is to come out of the other's last bytes, with a label of its own."""


def after_the_blinding(x, label):
    """What `leaf` writes behind the blinding, written out: length, header, samples."""
    header = json.dumps(["zkpot-pool/1", x.dtype.str, list(x.shape), label]).encode()
    return len(header).to_bytes(8, "big") + header + x.tobytes()


def wrapping(inner):
    """A float64 sample of SIZE values, all finite, whose last bytes are ``inner``."""
    front = np.linspace(0, 1, SIZE - len(inner) // 8 - 1).tobytes()
    return np.frombuffer(front + bytes(8 * SIZE - len(front) - len(inner)) + inner, "<f8")


def opened(content, other, sample):
    """A batch of the whole pool of two, the first leaf opened as ``sample``."""
    leaves = [content, leaf(other.x, other.label, other.blinding)]
    first = Opening(0, *sample, membership(leaves, 0))
    second = Opening(1, other.x, other.label, other.blinding, membership(leaves, 1))
    root = merkle_root(leaves)
    return root, [(first, second)[i] for i in draw(root, 2, BEACON, 2)]


@counted("attacks")
def test_a_leaf_that_opens_to_two_samples():
    """One leaf, cut in two places: a float64 sample labelled 7, or a float32 one labelled 3.

    The second opening's "blinding" is all that precedes the inner header, so it hashes to the
    published root as well as the first: only its length gives it away.
    """
    inner = after_the_blinding(PLAIN, 3)
    outer, blinding = wrapping(inner), bytes(32)
    content = leaf(outer, 7, blinding)
    long = content[: -len(inner)]
    assert np.isfinite(outer).all() and content == long + inner

    beside = Opening(1, np.zeros(SIZE, "<f8"), 0, blinding, ())
    root, batch = opened(content, beside, (outer, 7, blinding))
    require_batch(root, 2, BEACON, batch)
    same_type = Opening(1, np.zeros(SIZE, "<f4"), 0, blinding, ())
    root, batch = opened(content, same_type, (PLAIN, 3, long))
    with pytest.raises(NotInPool, match=f"a blinding has {len(long)} bytes"):
        require_batch(root, 2, BEACON, batch)


@counted("attacks")
@pytest.mark.parametrize("blinding", [b"", bytes(31), bytes(33)])
def test_a_blinding_of_another_length(blinding):
    with pytest.raises(NotInPool, match="it takes 32"):
        leaf(PLAIN, 3, blinding)


@counted("attacks")
@pytest.mark.parametrize("x", [PLAIN.astype("<f8"), PLAIN.reshape(8, 8)], ids=["type", "shape"])
def test_a_batch_of_samples_of_two_kinds(x):
    """Each is a leaf of the pool, and was drawn; a pool's own openings are of one kind."""
    blinding = bytes(32)
    odd = Opening(1, x, 5, blinding, ())
    root, batch = opened(leaf(PLAIN, 3, blinding), odd, (PLAIN, 3, blinding))
    with pytest.raises(NotInPool, match="one type and shape"):
        require_batch(root, 2, BEACON, batch)


def test_a_pool_of_ours_is_opened():
    """Its blindings are HMAC-SHA256 values, and its samples rows of one array."""
    pool = Pool(np.stack([PLAIN, PLAIN + 1, PLAIN + 2]), np.arange(3), b"secret")
    batch = [pool.open(i) for i in draw(pool.root, 3, BEACON, 2)]
    assert {len(opening.blinding) for opening in batch} == {32}
    require_batch(pool.root, 3, BEACON, batch)
