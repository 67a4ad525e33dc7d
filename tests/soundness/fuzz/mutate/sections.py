"""Changes to iden3's binary files: magic, version, and numbered sections with lengths."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from random import Random

from zkpot.compiler.field import FIELD
from zkpot.prover.binfile import BASE_FIELD

from . import plain

Sections = list[tuple[int, bytes]]
Edit = Callable[[Random, Sections, Sections], None]

ELEMENTS = (0, 1, FIELD - 1, FIELD, FIELD + 1, BASE_FIELD - 1, BASE_FIELD, 1 << 255, (1 << 256) - 1)
"""Field elements and what just isn't one."""

PREAMBLE = 12


def parsed(data: bytes) -> tuple[bytes, Sections] | None:
    """Magic with version, and the sections; None for a broken table."""
    if len(data) < PREAMBLE:
        return None
    (count,), position, found = struct.unpack_from("<I", data, 8), PREAMBLE, Sections()
    while position + 12 <= len(data) and len(found) < min(count, 64):
        kind, size = struct.unpack_from("<IQ", data, position)
        found.append((kind, data[position + 12 : position + 12 + size]))
        position += 12 + size
    return (data[:8], found) if position == len(data) else None


def written(head: bytes, sections: Sections) -> bytes:
    """The file of these sections."""
    table = [struct.pack("<IQ", kind, len(body)) + body for kind, body in sections]
    return head + struct.pack("<I", len(table)) + b"".join(table)


def mutated(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """``data`` with edits in its sections, whose lengths stay right; as bytes if it has none."""
    own, other = parsed(data), parsed(random.choice(corpus))
    if own is None or not own[1]:
        return plain.mutated(random, data, corpus)
    head, sections = own
    for _ in range(random.randint(1, 3)):
        if sections:
            random.choice(EDITS)(random, sections, other[1] if other else sections)
    return written(head, sections)


def lying(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """``data`` with one number of its section table that isn't true."""
    own = parsed(data)
    if own is None or not own[1]:
        return plain.mutated(random, data, corpus)
    changed = bytearray(data)
    places, position = [(8, 4), (4, 4)], PREAMBLE
    for _, body in own[1]:
        places += [(position, 4), (position + 4, 8)]
        position += 12 + len(body)
    start, size = random.choice(places)
    true = int.from_bytes(changed[start : start + size], "little")
    claims = (*plain.WORDS, true - 1, true + 1, true + 32, len(data))
    lie = random.choice(claims) % (1 << 8 * size)
    changed[start : start + size] = lie.to_bytes(size, "little")
    return bytes(changed)


def _replace(random: Random, sections: Sections, change: Callable[[bytearray], None]) -> None:
    place = random.randrange(len(sections))
    kind, body = sections[place]
    changed = bytearray(body)
    change(changed)
    sections[place] = (kind, bytes(changed))


def _word(random: Random, sections: Sections, _other: Sections) -> None:
    def change(body: bytearray) -> None:
        start = 4 * random.randrange(len(body) // 4 + 1)
        body[start : start + 4] = (random.choice(plain.WORDS) % (1 << 32)).to_bytes(4, "little")

    _replace(random, sections, change)


def _element(random: Random, sections: Sections, _other: Sections) -> None:
    def change(body: bytearray) -> None:
        start = 4 * random.randrange(len(body) // 4 + 1)
        body[start : start + 32] = random.choice(ELEMENTS).to_bytes(32, "little")

    _replace(random, sections, change)


def _body(random: Random, sections: Sections, other: Sections) -> None:
    bodies = [body for _, body in other] or [b""]

    def change(body: bytearray) -> None:
        body[:] = plain.mutated(random, bytes(body), bodies)

    _replace(random, sections, change)


def _resize(random: Random, sections: Sections, _other: Sections) -> None:
    size = random.choice((1, 4, 12, 32, 64, 128))

    def change(body: bytearray) -> None:
        if random.random() < 0.5:
            del body[max(len(body) - size, 0) :]
        else:
            body.extend(bytes(size))

    _replace(random, sections, change)


def _drop(random: Random, sections: Sections, _other: Sections) -> None:
    del sections[random.randrange(len(sections))]


def _double(random: Random, sections: Sections, other: Sections) -> None:
    sections.append(random.choice(sections + other))


def _renumber(random: Random, sections: Sections, _other: Sections) -> None:
    place = random.randrange(len(sections))
    sections[place] = (random.choice((*range(17), *plain.WORDS)) % (1 << 32), sections[place][1])


def _move(random: Random, sections: Sections, _other: Sections) -> None:
    sections.insert(random.randrange(len(sections)), sections.pop())


EDITS: tuple[Edit, ...] = (_word, _element, _body, _resize, _drop, _double, _renumber, _move)
