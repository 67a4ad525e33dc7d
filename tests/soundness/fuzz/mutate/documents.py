"""Changes to JSON documents: other types, sizes, shapes and spellings of what stands there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from zkpot.compiler.field import FIELD
from zkpot.prover.binfile import BASE_FIELD

from . import plain

Slot = tuple[Any, Any]
"""A list or an object, and one of its indices or keys."""

VALUES: tuple[Any, ...] = (None, True, False, 0, 1, 2, -1, 3, 7, 8, 9, 16, 255, 256, 1 << 20)
VALUES = (*VALUES, 1 << 31, 1 << 32, 1 << 63, 1 << 64, -(1 << 63), 1 << 300, 0.5, -0.0, 1e308)
VALUES = (*VALUES, float("nan"), float("inf"), "", "0", "1", "-1", "00", "1e3", "0x10", " 1", "1_0")
VALUES = (*VALUES, "٣", "²", "\x00", "a\u202eb", "\ud800", "x" * 3000, "9" * 5000, [], {}, [[]])
VALUES = (*VALUES, [None], {"": {}}, [0] * 40, str(FIELD), str(FIELD - 1), str(BASE_FIELD))

TEXTS: tuple[bytes, ...] = (b"[" * 30_000, b'{"a":' * 20_000, b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0")
TEXTS = (*TEXTS, b"", b"null", b"NaN", b"1" * 5000, b'"\\ud800"', b"\xc3\x28", b"-", b"{} {}")


def mutated(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """``data`` with edits to its values; as bytes, now and then and where it is no JSON."""
    tree = _tree(data)
    if tree is None or random.random() < 0.05:
        return plain.mutated(random, data, corpus)
    if random.random() < 0.01:
        return random.choice(TEXTS)
    other = _tree(random.choice(corpus)) or tree
    root = [tree[0]]
    for _ in range(random.randint(1, 3)):
        _edited(random, root, other[0])
    text = json.dumps(root[0])
    return (_key_twice(random, text) if random.random() < 0.03 else text).encode()


def _tree(data: bytes) -> list[Any] | None:
    try:
        return [json.loads(data)]
    except (ValueError, RecursionError):
        return None


def _slots(value: Any) -> Iterator[Slot]:
    keys = range(len(value)) if isinstance(value, list) else list(value)
    for key in keys:
        yield value, key
        if isinstance(value[key], list | dict):
            yield from _slots(value[key])


def _edited(random: Random, root: list[Any], other: Any) -> None:
    own = list(_slots(root))
    holder, key = random.choice(own)
    edit = random.choice(EDITS)
    edit(random, holder, key, list(_slots([other])))


def _near(random: Random, holder: Any, key: Any, _other: Sequence[Slot]) -> None:
    holder[key] = _neighbour(random, holder[key])


def _neighbour(random: Random, value: Any) -> Any:
    if isinstance(value, int | float):
        steps = (value + 1, value - 1, -value, 2 * value, value * 1000, str(value), [value])
        return random.choice(steps)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 90:
        number = int(value)
        return random.choice(
            (str(number + 1), str(number + FIELD), str(-number), f"0{value}", number, f"{value}.0")
        )
    if isinstance(value, str) and value:
        place = random.randrange(len(value))
        letter = chr(random.choice((0, 10, 32, 47, 48, 97, 0x301, 0x1F600)))
        return value[:place] + letter + value[place + random.randrange(2) :]
    if isinstance(value, list) and value:
        return random.choice(([*value, value[-1]], value[:-1], value[::-1], [value], value[0]))
    return _copy(random.choice(VALUES))


def _odd(random: Random, holder: Any, key: Any, _other: Sequence[Slot]) -> None:
    holder[key] = _copy(random.choice(VALUES))


def _delete(_random: Random, holder: Any, key: Any, _other: Sequence[Slot]) -> None:
    if len(holder) > 1:
        del holder[key]


def _add(random: Random, holder: Any, key: Any, _other: Sequence[Slot]) -> None:
    if isinstance(holder, list):
        holder.insert(key, _copy(random.choice((holder[key], random.choice(VALUES)))))
    else:
        holder[random.choice((f"{key}'", "", "x"))] = _copy(holder[key])


def _transplant(random: Random, holder: Any, key: Any, other: Sequence[Slot]) -> None:
    source, place = random.choice(other)
    holder[key] = _copy(source[place])


def _same_name(random: Random, holder: Any, key: Any, other: Sequence[Slot]) -> None:
    """What stands under the same key elsewhere: more often than not of the right type."""
    found = [source[place] for source, place in other if place == key]
    if found:
        holder[key] = _copy(random.choice(found))


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _key_twice(random: Random, text: str) -> str:
    keys = [i for i, letter in enumerate(text) if letter == "{"]
    if not keys:
        return text
    place = random.choice(keys) + 1
    end = text.find(",", place)
    return text[:place] + text[place:end] + ", " + text[place:] if end > place else text


EDITS: tuple[Callable[[Random, Any, Any, Sequence[Slot]], None], ...] = (
    _near,
    _near,
    _near,
    _odd,
    _odd,
    _delete,
    _add,
    _transplant,
    _same_name,
    _same_name,
)
