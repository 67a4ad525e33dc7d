"""What a proof is for: who made it, in which task and round, under which circuit and key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from zkpot.compiler.circuit import PROTOCOL
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import limbs
from zkpot.compiler.poseidon import hash_elements

LONGEST = 4096
BATCHES = 1 << 64


@dataclass(frozen=True)
class Context:
    """``text`` names task, round and contributor as the users of a task agree to write them.

    ``pool_root``: the Merkle root (32 bytes, hex) of the test pool, if there is one; ``batch``:
    which batch or shard of it; ``contributor``: the submitter's public key (hex), if there is one.
    """

    text: str
    pool_root: str = ""
    batch: int = 0
    contributor: str = ""

    def signal(self, circuit_id: str, vk_sha256: str) -> int:
        """The public signal ctx: a Poseidon hash, every digest as two 128-bit limbs."""
        parts = [
            PROTOCOL.encode(),
            _text(self.text),
            bytes.fromhex(circuit_id),
            bytes.fromhex(vk_sha256),
            _bytes(self.pool_root, "the pool's root"),
            _bytes(self.contributor, "the contributor's key"),
        ]
        elements = [e for part in parts for e in limbs(hashlib.sha256(part).digest())]
        if not 0 <= self.batch < BATCHES:  # the sponge would take batch and batch + p for one
            raise InputError(
                f"{self.batch} is no number of a batch",
                why=f"batches are numbered from 0, below {BATCHES}",
                remedy="give the number under which the batch was drawn",
            )
        return hash_elements("context", [*elements, self.batch])


def _bytes(text: str, name: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise InputError(
            f"{name} {text!r} is not hexadecimal", remedy="give its bytes as two digits each"
        ) from error


def _text(text: str) -> bytes:
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"the context {text!r} is not Unicode text",
            why=error.reason,
            remedy="give it in the terminal's encoding, or in ASCII",
        ) from error
    if not text.strip() or len(encoded) > LONGEST:
        raise InputError(
            f"the context has {len(encoded)} bytes",
            why=f"it must say something, in at most {LONGEST} bytes",
            remedy="give a context such as 'digits/round-7/alice'",
        )
    return encoded
