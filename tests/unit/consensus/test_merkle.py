"""The tree against a recursive definition, and against everything that a false path can be."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zkpot.compiler.errors import InputError
from zkpot.consensus.merkle import is_member, membership, merkle_root

LISTS = st.lists(st.binary(max_size=6), min_size=1, max_size=33)


def recursive_root(leaves: list[bytes]) -> bytes:
    """The same tree from above: split at the largest power of two below the length (RFC 6962)."""

    def node(first: int, last: int) -> bytes:
        size = last - first
        if size == 1:
            return hashlib.sha256(b"\x00" + first.to_bytes(8, "big") + leaves[first]).digest()
        split = 1 << (size - 1).bit_length() - 1
        return hashlib.sha256(
            b"\x01" + node(first, first + split) + node(first + split, last)
        ).digest()

    top = node(0, len(leaves))
    return hashlib.sha256(b"\x02" + len(leaves).to_bytes(8, "big") + top).digest()


@given(LISTS)
def test_the_root_is_the_recursive_one(leaves):
    assert merkle_root(leaves) == recursive_root(leaves)


@given(LISTS, st.data())
def test_members_and_nothing_else(leaves, data):
    root, n = merkle_root(leaves), len(leaves)
    index = data.draw(st.integers(0, n - 1))
    path = membership(leaves, index)
    assert is_member(root, n, index, leaves[index], path)
    assert not is_member(root, n, index, leaves[index] + b"x", path)
    for other in range(n):
        if other != index:
            assert not is_member(root, n, other, leaves[index], path)
    for length in (n - 1, n + 1, 2 * n):
        assert not is_member(root, length, index, leaves[index], path)
    assert not is_member(root, n, index, leaves[index], (*path, bytes(32)))
    if path:
        assert not is_member(root, n, index, leaves[index], path[:-1])
        flipped = bytes([path[0][0] ^ 1]) + path[0][1:]
        assert not is_member(root, n, index, leaves[index], (flipped, *path[1:]))


def test_equal_leaves_are_bound_to_their_positions():
    root, path = merkle_root([b"a", b"a"]), membership([b"a", b"a"], 0)
    assert is_member(root, 2, 0, b"a", path)
    assert not is_member(root, 2, 1, b"a", path)


def test_an_inner_node_is_no_leaf():
    """The domains differ: an inner node's children don't hash to it as the content of a leaf."""
    leaves = [b"a", b"b", b"c", b"d"]
    inner = [
        hashlib.sha256(b"\x00" + i.to_bytes(8, "big") + x).digest() for i, x in enumerate(leaves)
    ]
    root = merkle_root(leaves)
    right = hashlib.sha256(b"\x01" + inner[2] + inner[3]).digest()
    assert is_member(root, 4, 0, b"a", (inner[1], right))
    assert not is_member(root, 2, 0, inner[0] + inner[1], (right,))
    assert not is_member(root, 4, 0, inner[0] + inner[1], (right,))


@pytest.mark.parametrize("index", [-1, 3, 2**64, 2**70])
def test_an_index_beyond_the_list(index):
    leaves = [b"a", b"b", b"c"]
    assert not is_member(merkle_root(leaves), 3, index, b"a", membership(leaves, 0))
    with pytest.raises(IndexError):
        membership(leaves, index)


def test_no_leaves():
    with pytest.raises(InputError, match="needs a leaf"):
        merkle_root([])
