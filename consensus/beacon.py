"""A random value that nobody knew while the commitments were made.

What is here is a stand-in for demonstrations: whoever runs it can try again until it likes the
draw. A round that people rely on takes a public beacon's value for a time named beforehand, such
as a round of drand.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from .registry import Registry, canonical

RANDOM_BYTES = 32


@dataclass(frozen=True)
class DemoBeacon:
    """``randomness``: 32 bytes, published with the value so that anyone can recompute it."""

    value: bytes
    randomness: bytes


def demo_beacon(registry: Registry) -> DemoBeacon:
    """A value from the commitments and fresh randomness of the operating system."""
    randomness = secrets.token_bytes(RANDOM_BYTES)
    return DemoBeacon(beacon_value(registry, randomness), randomness)


def beacon_value(registry: Registry, randomness: bytes) -> bytes:
    """SHA-256 over the list of commitments and ``randomness``."""
    return hashlib.sha256(b"zkpot-demo-beacon/1\x00" + randomness + canonical(registry)).digest()
