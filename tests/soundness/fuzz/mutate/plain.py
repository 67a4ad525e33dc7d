"""Changes that know nothing of a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

Edit = Callable[[Random, bytearray, Sequence[bytes]], None]

WORDS = (0, 1, 2, 31, 32, 33, 64, 127, 128, 255, 256, 65535, 1 << 16, (1 << 31) - 1, 1 << 31)
WORDS = (*WORDS, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
"""Where counts and lengths begin to be taken for something else."""


def mutated(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """``data`` with one to four edits."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        random.choice(EDITS)(random, changed, corpus)
    return bytes(changed)


def _place(random: Random, data: bytearray) -> int:
    return random.randrange(len(data) + 1)


def _flip(random: Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _byte(random: Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _word(random: Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    size, order = random.choice((1, 2, 4, 8)), random.choice(("little", "big"))
    start = _place(random, data)
    word = random.choice(WORDS) % (1 << 8 * size)
    data[start : start + size] = word.to_bytes(size, order)  # type: ignore[arg-type]


def _delete(random: Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    start = _place(random, data)
    del data[start : start + random.choice((1, 1, 2, 4, 8, 32, 64))]


def _repeat(random: Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    start, size = _place(random, data), random.choice((1, 2, 4, 12, 32, 64))
    data[start:start] = data[start : start + size] * random.choice((1, 1, 2, 8))


def _cut(random: Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    del data[_place(random, data) :]


def _splice(random: Random, data: bytearray, corpus: Sequence[bytes]) -> None:
    other = random.choice(corpus)
    data[_place(random, data) :] = other[random.randrange(len(other) + 1) :]


EDITS: tuple[Edit, ...] = (_flip, _byte, _word, _delete, _repeat, _cut, _splice)
