"""iden3's binary container: magic, version, and numbered sections, each with its length.

Layout, little-endian: 4 magic bytes, uint32 version, uint32 section count, then for each section
uint32 number, uint64 length, bytes. Sections come in any order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from zkpot.compiler.errors import InputError
from zkpot.prover.atomic import replacing

Bytes = npt.NDArray[np.uint8]
MAX_SECTIONS = 64
_PREAMBLE = struct.Struct("<4sII")
_SECTION = struct.Struct("<IQ")


class Container:
    """A read-only memory map of a container file, its section table checked against its size.

    ``error`` is the format's own exception class, ``remedy`` what its messages advise.
    """

    def __init__(self, path: Path, magic: bytes, error: type[InputError], remedy: str) -> None:
        self.path, self._error, self._remedy = path, error, remedy
        self._data = self._map()
        if len(self._data) < _PREAMBLE.size:
            raise self.fault(f"the file has {len(self._data)} bytes and no complete preamble")
        found, self.version, count = _PREAMBLE.unpack(self._data[: _PREAMBLE.size].tobytes())
        if found != magic:
            raise self.fault(f"it starts with {found!r}, not with {magic!r}")
        if count > MAX_SECTIONS:
            raise self.fault(f"it declares {count} sections")
        self._sections = self._table(count)

    def _map(self) -> Bytes:
        try:
            if self.path.stat().st_size == 0:
                raise self.fault("the file is empty")
            return np.memmap(self.path, dtype=np.uint8, mode="r")
        except OSError as failure:
            raise self.fault(f"it can't be read ({failure.strerror})") from failure

    def _table(self, count: int) -> dict[int, Bytes]:
        sections: dict[int, Bytes] = {}
        position, size = _PREAMBLE.size, len(self._data)
        for index in range(count):
            if position + _SECTION.size > size:
                raise self.fault(f"it is truncated before section {index + 1} of {count}")
            head = self._data[position : position + _SECTION.size].tobytes()
            number, length = _SECTION.unpack(head)
            position += _SECTION.size
            if length > size - position:
                raise self.fault(f"it is truncated: section {number} needs {length} bytes")
            if number in sections:
                raise self.fault(f"section {number} occurs twice")
            sections[number] = self._data[position : position + length]
            position += length
        if position != size:
            raise self.fault(f"{size - position} foreign bytes follow its last section")
        return sections

    def fault(self, why: str) -> InputError:
        """The format's exception for this file."""
        return self._error(f"{self.path} can't be used", why=why, remedy=self._remedy)

    def __contains__(self, number: int) -> bool:
        return number in self._sections

    def section(self, number: int, name: str, length: int | None = None) -> Bytes:
        """The bytes of a section; a missing one, or one of another ``length``, is an error."""
        if number not in self._sections:
            raise self.fault(f"section {number} ({name}) is missing")
        data = self._sections[number]
        if length is not None and len(data) != length:
            raise self.fault(f"section {number} ({name}) has {len(data)} bytes, not {length}")
        return data

    def fields(self, number: int, name: str) -> Fields:
        """Sequential access to the integers of a short section."""
        data = self.section(number, name)
        return Fields(data.tobytes(), lambda: self.fault(f"section {number} ({name}) is too short"))


class Fields:
    """Consecutive little-endian integers; reading past the end raises ``fault()``."""

    def __init__(self, data: bytes, fault: Callable[[], InputError]) -> None:
        self._data, self._fault, self.position = data, fault, 0

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes."""
        if length > len(self._data) - self.position:
            raise self._fault()
        self.position += length
        return self._data[self.position - length : self.position]

    def integer(self, length: int) -> int:
        """The next unsigned integer of ``length`` bytes."""
        return int.from_bytes(self.take(length), "little")

    @property
    def remaining(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self.position


class ContainerWriter:
    """Appends sections to an open file; ``new_container`` makes one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.written = file, 0

    def section(self, number: int, *parts: bytes | npt.NDArray[Any]) -> None:
        """Append a section made of ``parts``, arrays as their raw C-order bytes."""
        views = [_raw(part) for part in parts]
        self._file.write(_SECTION.pack(number, sum(view.nbytes for view in views)))
        for view in views:
            self._file.write(view)
        self.written += 1


@contextmanager
def new_container(
    path: Path, magic: bytes, version: int, sections: int
) -> Iterator[ContainerWriter]:
    """Write a container of that many sections, whole or not at all.

    Raises ``OutputError`` where the operating system refuses.
    """
    with replacing(path) as part, part.open("wb") as file:
        file.write(_PREAMBLE.pack(magic, version, sections))
        writer = ContainerWriter(file)
        yield writer
        if writer.written != sections:
            raise ValueError(f"{writer.written} sections written, {sections} declared")


def _raw(part: bytes | npt.NDArray[Any]) -> memoryview:
    if isinstance(part, bytes):
        return memoryview(part)
    return np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
