"""Who contributed to a zkey's phase 2, read from the zkey itself.

snarkjs prints the same list, but with names as they stand in the file, line breaks included; and a
list that decides about trust should not be read out of text that strangers wrote.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from zkpot.prover.binfile import BASE_FIELD, section_bytes
from zkpot.prover.errors import BadBinaryFile

_FROM_MONTGOMERY = pow(1 << 256, -1, BASE_FIELD)
_KEY = 3 * 64 + 128
"""Bytes of a contribution's public key: delta after it, s, s·x in G1, and s'·x in G2."""
_NAME, _ITERATIONS, _BEACON = 1, 2, 3


@dataclass(frozen=True)
class Contribution:
    """One step of phase 2. ``hash``: 128 hex digits, the ones snarkjs shows to its author.

    ``beacon``: the public random value in hex for a beacon's step, which adds no secret.
    """

    name: str
    hash: str
    beacon: str | None = None
    iterations: int | None = None


def read_contributions(zkey: Path) -> tuple[Contribution, ...]:
    """The contributions in their order, unchecked: ``snarkjs.zkey_verify`` judges them.

    Raises BadBinaryFile where the list contradicts its own lengths.
    """
    content = section_bytes(zkey, "zkey", 10)
    try:
        (count,) = struct.unpack_from("<I", content, 64)
        found, end = [], 68
        for _ in range(count):
            contribution, end = _contribution(content, end)
            found.append(contribution)
    except (struct.error, LookupError, ValueError) as error:
        raise BadBinaryFile(
            f"{zkey} has no readable list of contributions",
            why="it contradicts its own lengths, or lacks a part of a contribution",
            remedy="fetch the key again",
        ) from error
    return tuple(found)


def _contribution(content: bytes, start: int) -> tuple[Contribution, int]:
    end = start + _KEY + 64
    digest = hashlib.blake2b(digest_size=64)
    for coordinate in _coordinates(content[start : start + _KEY]):
        digest.update(coordinate)
    digest.update(content[start + _KEY : end])
    kind, length = struct.unpack_from("<II", content, end)
    parameters = _parameters(content[end + 8 : end + 8 + length])
    beacon = parameters.get(_BEACON, b"").hex() if kind == 1 else None
    iterations = parameters[_ITERATIONS][0] if kind == 1 else None
    name = parameters.get(_NAME, b"").decode(errors="replace")
    return Contribution(name, digest.hexdigest(), beacon, iterations), end + 8 + length


def _coordinates(key: bytes) -> list[bytes]:
    """Coordinates as hashed: out of Montgomery form, big-endian, imaginary part first in G2."""
    raw = [int.from_bytes(key[at : at + 32], "little") for at in range(0, _KEY, 32)]
    plain = [(value * _FROM_MONTGOMERY % BASE_FIELD).to_bytes(32, "big") for value in raw]
    x_re, x_im, y_re, y_im = plain[6:]
    return [*plain[:6], x_im, x_re, y_im, y_re]


def _parameters(content: bytes) -> dict[int, bytes]:
    """Kind, length, bytes; but the number of iterations is one byte without a length."""
    found, at = {}, 0
    while at < len(content):
        kind = content[at]
        size, start = (1, at + 1) if kind == _ITERATIONS else (content[at + 1], at + 2)
        found[kind] = content[start : start + size]
        at = start + size
    return found
