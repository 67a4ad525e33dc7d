"""The test batch: drawn from a committed pool by a beacon, once the models are committed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError, InvalidProof
from zkpot.compiler.ops.base import IntArray

from .merkle import is_member, membership, merkle_root

WORD_BYTES = 8
BLINDING_BYTES = 32


class NotInPool(InvalidProof):
    """A sample of the batch is not the one that the pool's root and the beacon determine."""


@dataclass(frozen=True)
class Opening:
    """One sample of the pool and why it is one.

    ``x``: the sample as the model takes it; ``blinding``: 32 bytes, without which the published
    root would confirm guesses of samples that were not opened.
    """

    index: int
    x: NDArray[np.generic]
    label: int
    blinding: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Pool:
    """Labelled samples that the publisher keeps to itself until the draw.

    ``x``: samples first; ``y``: (N,) integer labels; ``secret``: the blindings come from it.
    """

    x: NDArray[np.generic]
    y: IntArray
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or not len(self.x):
            raise InputError(f"a pool of {len(self.x)} samples and {len(self.y)} labels")
        rows = {row.tobytes() for row in self.x}
        if len(rows) != len(self.x):
            raise InputError(
                f"{len(self.x) - len(rows)} samples of the pool are copies of others",
                why="k over copies of a sample reads out single predictions",
                remedy="keep each sample once",
            )

    def __len__(self) -> int:
        return len(self.x)

    @cached_property
    def _leaves(self) -> list[bytes]:
        return [leaf(self.x[i], int(self.y[i]), self._blinding(i)) for i in range(len(self))]

    @cached_property
    def root(self) -> bytes:
        """The Merkle root (32 bytes), to be published before anyone commits."""
        return merkle_root(self._leaves)

    def _blinding(self, index: int) -> bytes:
        return hmac.digest(self.secret, index.to_bytes(WORD_BYTES, "big"), "sha256")

    def open(self, index: int) -> Opening:
        """Sample ``index`` with its proof of membership."""
        return Opening(
            index,
            self.x[index],
            int(self.y[index]),
            self._blinding(index),
            membership(self._leaves, index),
        )


def leaf(x: NDArray[np.generic], label: int, blinding: bytes) -> bytes:
    """The content of a sample's leaf: blinding, type, shape and label, and its bytes in C order.

    Raises NotInPool for a blinding of another length than 32: where it ends is where the rest
    begins, so with a length of one's choice one leaf would open to two samples.
    """
    if len(blinding) != BLINDING_BYTES:
        raise NotInPool(f"a blinding has {len(blinding)} bytes", why=f"it takes {BLINDING_BYTES}")
    little = x.astype(x.dtype.newbyteorder("<"))
    header = json.dumps(["zkpot-pool/1", little.dtype.str, list(x.shape), label]).encode()
    return blinding + len(header).to_bytes(WORD_BYTES, "big") + header + little.tobytes()


def draw(root: bytes, length: int, beacon: bytes, count: int, batch: int = 0) -> tuple[int, ...]:
    """``count`` different indices below ``length``, every ordered choice equally likely.

    Determined by its arguments alone: the first ``count`` steps of a Fisher–Yates shuffle, whose
    numbers are SHA-256 in counter mode over them, without modulo bias. Raises InputError for
    more samples than there are, or than words can number.
    """
    if not 1 <= count <= length < 1 << 8 * WORD_BYTES:
        raise InputError(
            f"{count} samples from a pool of {length}",
            why=f"a draw takes at least one, at most all of fewer than 2^{8 * WORD_BYTES}",
            remedy="publish a larger pool, or draw less",
        )
    words = _words(_seed(root, length, beacon, count, batch))
    moved: dict[int, int] = {}
    chosen = []
    for i in range(count):
        j = i + _below(length - i, words)
        chosen.append(moved.get(j, j))
        moved[j] = moved.get(i, i)
    return tuple(chosen)


def _seed(root: bytes, length: int, beacon: bytes, count: int, batch: int) -> bytes:
    text = json.dumps(["zkpot-draw/1", root.hex(), length, beacon.hex(), count, batch])
    return hashlib.sha256(text.encode()).digest()


def _words(seed: bytes) -> Iterator[int]:
    """64-bit numbers, four a hash."""
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(WORD_BYTES, "big")).digest()
        for i in range(0, len(block), WORD_BYTES):
            yield int.from_bytes(block[i : i + WORD_BYTES], "big")
        counter += 1


def _below(bound: int, words: Iterator[int]) -> int:
    """A number below ``bound``: words beyond the last whole multiple of it are passed over."""
    limit = (1 << 8 * WORD_BYTES) // bound * bound
    return next(word for word in words if word < limit) % bound


def require_batch(
    root: bytes,
    length: int,
    beacon: bytes,
    openings: Sequence[Opening],
    batch: int = 0,
) -> None:
    """Raises NotInPool unless ``openings`` is exactly the batch that was drawn, in its order.

    All samples of a batch are of one type and one shape.
    """
    kinds = {(str(opening.x.dtype.newbyteorder("<")), opening.x.shape) for opening in openings}
    if len(kinds) > 1:
        raise NotInPool(
            "the samples of the batch are not of one type and shape",
            why=" and ".join(f"{dtype} {shape}" for dtype, shape in sorted(kinds)),
        )
    expected = draw(root, length, beacon, len(openings), batch)
    for position, (index, opening) in enumerate(zip(expected, openings, strict=True)):
        if opening.index != index:
            raise NotInPool(
                f"sample {position} of the batch is number {opening.index} of the pool",
                why=f"the beacon draws number {index}",
            )
        content = leaf(opening.x, opening.label, opening.blinding)
        if not is_member(root, length, index, content, opening.path):
            raise NotInPool(
                f"sample {position} of the batch is not number {index} of the pool",
                why="it doesn't hash to the published root",
            )
