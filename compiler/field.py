"""The BN254 scalar field, in which every signal lives, and the hash onto it."""

from __future__ import annotations

import hashlib

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order p of the BN254 scalar field."""

PACK_BITS = 253
"""A sum of distinct bits below this position stays below p, so a packed value has one reading."""


def digest_to_field(data: bytes) -> int:
    """248 bits of SHA-256: below p without a reduction, 124 bits of collision security."""
    return int.from_bytes(hashlib.sha256(data).digest()[:31], "big")


def limbs(digest: bytes) -> tuple[int, int]:
    """A 256-bit digest as two 128-bit limbs, high first, so that none of it is lost to p."""
    return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:32], "big")
