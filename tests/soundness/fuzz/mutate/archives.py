"""Changes to npz files: zip archives of npy files, each with a header in Python's spelling."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from . import plain

Members = list[tuple[str, bytes]]
Edit = Callable[[Random, Members, Members], None]

TYPES = ("<f4", ">f4", "<f8", "|u1", "<i8", "<u8", "|b1", "<f2", "|O", "<U4", "|S4", "<M8[s]")
TYPES = (*TYPES, "<c8", "|V8", "<f16", "|S0", "<U0", "|V0", "<i9", "<m8[Y]", "<U999999999")
COUNTS = (0, 1, 2, 4, -1, 1 << 20, 1 << 31, 1 << 32, 1 << 62, 1 << 63, 1 << 64)
HEADERS = (b"", b"{", b"{}", b"None", b"[]", b"(" * 5000, b"{'descr': '<f4'}", b"\x00" * 10)
HEADERS = (*HEADERS, b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}")
HEADERS = (*HEADERS, b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': exit()}")
HEADERS = (*HEADERS, b"{'descr': [('a', '<f4', (1 << 40,))], 'fortran_order': 0, 'shape': ()}")
HEADERS = (*HEADERS, b"{'descr': '<f4', 'fortran_order': False, 'shape': (True, 2.0)}")
NAMES = ("x.npy", "y.npy", "x", "y", "/etc/passwd.npy", "../x.npy", "x.npy\0", "", "a/x.npy", "z")


def mutated(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """``data`` with one to three edits to its members; as bytes where it is no archive."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # names that stand there twice, values cut off: on purpose
        return _mutated(random, data, corpus)


def _mutated(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    members, other = _members(data), _members(random.choice(corpus))
    if not members or random.random() < 0.1:
        return plain.mutated(random, data, corpus)
    for _ in range(random.randint(1, 3)):
        if members:
            random.choice(EDITS)(random, members, other)
    return _archive(random, members)


def _members(data: bytes) -> Members:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            small = [entry for entry in archive.infolist() if entry.file_size <= 4096]
            return [(entry.filename, archive.read(entry)) for entry in small]
    except Exception:  # noqa: BLE001 - whatever zipfile says of a mutated archive: it is none
        return []


def _archive(random: Random, members: Members) -> bytes:
    file = io.BytesIO()
    kinds = (zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
    with zipfile.ZipFile(file, "w", random.choice(kinds)) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    made = bytearray(file.getvalue())
    if random.random() < 0.1:
        _lie(random, made)
    return bytes(made)


def _lie(random: Random, made: bytearray) -> None:
    """Another method, size or offset in the archive's central directory."""
    start = made.rfind(b"PK\x01\x02")
    if start >= 0:
        field, size = random.choice(((8, 2), (10, 2), (20, 4), (24, 4), (42, 4), (28, 2)))
        word = random.choice(plain.WORDS) % (1 << 8 * size)
        made[start + field : start + field + size] = word.to_bytes(size, "little")


def _header(random: Random, members: Members, _other: Members) -> None:
    """A member whose header says something else than its bytes."""
    place = random.randrange(len(members))
    name, content = members[place]
    count = random.choice((1, 2, 2, 3, 5, 40))
    shape = ", ".join(str(random.choice(COUNTS)) for _ in range(count))
    order, kind = random.choice(("True", "False")), random.choice(TYPES)
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({shape},)}}".encode()
    if random.random() < 0.3:
        text = random.choice(HEADERS)
    version = random.choice(((1, 2), (1, 2), (2, 4), (3, 4), (9, 2)))
    head = b"\x93NUMPY" + bytes((version[0], 0)) + len(text).to_bytes(version[1], "little")
    members[place] = (name, head + text + content[128:])


def _array(random: Random, members: Members, _other: Members) -> None:
    """A member that is a whole array, of another type or shape."""
    shape = random.choice(((), (0,), (4,), (4, 4), (3, 4), (4, 1, 4), (4, 0), (0, 4)))
    kind = random.choice(("f4", "f8", "u1", "i8", "u8", "b1", "f2", "O", "U2", "c8", "i1"))
    fill = random.choice((0, 1, -1, 3, 300, float("nan"), float("inf"), 1e300, 0.5))
    values = np.zeros(shape, object) if kind == "O" else np.zeros(shape, kind)
    try:
        values[...] = fill
    except (ValueError, OverflowError):
        values[...] = 0
    file = io.BytesIO()
    order = np.asfortranarray(values) if random.random() < 0.3 else values
    np.lib.format.write_array(file, order, allow_pickle=True)
    members[random.randrange(len(members))] = (random.choice(NAMES[:2]), file.getvalue())


def _pickle(random: Random, members: Members, _other: Members) -> None:
    members[random.randrange(len(members))] = (random.choice(NAMES), pickle.dumps([1, {"a": 2}]))


def _rename(random: Random, members: Members, _other: Members) -> None:
    place = random.randrange(len(members))
    members[place] = (random.choice(NAMES), members[place][1])


def _bomb(random: Random, members: Members, _other: Members) -> None:
    """A member that compresses well: its header promises what it holds."""
    name, rows = random.choice(NAMES[:2]), random.choice((1 << 10, 1 << 20))
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, 4), }}".encode()
    content = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(4 * rows)
    members.append((name, content))


def _drop(random: Random, members: Members, _other: Members) -> None:
    del members[random.randrange(len(members))]


def _double(random: Random, members: Members, other: Members) -> None:
    members.append(random.choice(members + other))


def _body(random: Random, members: Members, other: Members) -> None:
    place = random.randrange(len(members))
    name, content = members[place]
    bodies = [body for _, body in other] or [b""]
    members[place] = (name, plain.mutated(random, content, bodies))


EDITS: tuple[Edit, ...] = (
    _header,
    _header,
    _array,
    _array,
    _pickle,
    _rename,
    _bomb,
    _drop,
    _double,
    _body,
)
