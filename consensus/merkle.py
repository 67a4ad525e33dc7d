"""A Merkle tree over a list of byte strings, whose root fixes the list's length and order.

SHA-256 throughout, with a first byte for what is hashed: 0 a leaf with its index, 1 a node, 2 the
root with the length. So no node can pass for a leaf, no leaf for another position's, and no tree
for one of another length. A last node without a partner moves up as it is.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from zkpot.compiler.errors import InputError

LEAF, NODE, ROOT = b"\x00", b"\x01", b"\x02"
INDEX_BYTES = 8


def _sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _number(value: int) -> bytes:
    return value.to_bytes(INDEX_BYTES, "big")


def _leaf(index: int, content: bytes) -> bytes:
    return _sha256(LEAF, _number(index), content)


def _parents(level: Sequence[bytes]) -> list[bytes]:
    paired = [_sha256(NODE, a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
    return [*paired, level[-1]] if len(level) % 2 else paired


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    if not leaves:
        raise InputError("a Merkle tree needs a leaf", remedy="give at least one sample")
    levels = [[_leaf(i, content) for i, content in enumerate(leaves)]]
    while len(levels[-1]) > 1:
        levels.append(_parents(levels[-1]))
    return levels


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """32 bytes that bind every leaf, their order and their number. InputError for no leaves."""
    return _sha256(ROOT, _number(len(leaves)), _levels(leaves)[-1][0])


def membership(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The siblings on the way from leaf ``index`` up; IndexError for an index beyond the list."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of {len(leaves)}")
    path = []
    for level in _levels(leaves)[:-1]:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        index //= 2
    return tuple(path)


def is_member(root: bytes, length: int, index: int, content: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``content`` is leaf ``index`` of the ``length`` leaves that ``root`` binds."""
    if not 0 <= index < length < 1 << 8 * INDEX_BYTES:
        return False
    node, siblings = _leaf(index, content), list(path)
    position, width = index, length
    while width > 1:
        if position ^ 1 < width:
            if not siblings:
                return False
            sibling = siblings.pop(0)
            node = _sha256(NODE, *((sibling, node) if position % 2 else (node, sibling)))
        position, width = position // 2, (width + 1) // 2
    return not siblings and hmac.compare_digest(_sha256(ROOT, _number(length), node), root)
