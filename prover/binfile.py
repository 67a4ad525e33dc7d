"""The section table that r1cs, wtns, zkey and ptau files share, held against the file's length.

Layout (little-endian): 4 bytes magic, u32 version, u32 number of sections, then each section as
u32 type, u64 length, its bytes. A file cut short anywhere breaks one of these lengths, so reading
the table finds every truncation without reading the file; snarkjs itself doesn't look and can hang.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zkpot.compiler.field import FIELD as SCALAR_FIELD
from zkpot.prover.errors import BadBinaryFile

BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""The prime that BN254's coordinates are reduced by (EIP-196)."""

_HEADER = struct.Struct("<4sII")
_SECTION = struct.Struct("<IQ")


@dataclass(frozen=True)
class Section:
    """Where a section's bytes lie in its file."""

    offset: int
    size: int


def read_sections(path: Path, magic: str) -> Mapping[int, Section]:
    """Section type to place. Raises BadBinaryFile: absent, empty, other format, cut or padded."""
    try:
        length = path.stat().st_size
        with path.open("rb") as file:
            return _read_table(file, path, magic, length)
    except OSError as error:
        raise BadBinaryFile(
            f"can't read {path}", why=f"the system says: {error.strerror}", remedy="check the path"
        ) from error


def _read_table(file: BinaryIO, path: Path, magic: str, length: int) -> Mapping[int, Section]:
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size or head[:4] != magic.encode():
        raise _bad(path, magic, "it is empty" if not head else "its first bytes are another format")
    count = _HEADER.unpack(head)[2]
    sections: dict[int, Section] = {}
    end = _HEADER.size
    for _ in range(count):
        file.seek(end)
        entry = file.read(_SECTION.size)
        if len(entry) < _SECTION.size:
            raise _bad(path, magic, f"it is truncated: {len(sections)} of {count} sections")
        kind, size = _SECTION.unpack(entry)
        if kind in sections:  # which of the two is read is up to each program
            raise _bad(path, magic, f"section {kind} occurs twice")
        sections[kind] = Section(end + _SECTION.size, size)
        end += _SECTION.size + size
        if end > length:
            raise _bad(path, magic, f"it is truncated: {length} bytes instead of {end}")
    if end != length:
        raise _bad(path, magic, f"it is followed by foreign bytes: {length} bytes instead of {end}")
    return sections


def _bad(path: Path, magic: str, why: str) -> BadBinaryFile:
    remedy = "make it, or fetch it, again"
    return BadBinaryFile(f"{path} is not a whole {magic} file", why=why, remedy=remedy)


def section_bytes(path: Path, magic: str, kind: int) -> bytes:
    """One section's bytes. Raises BadBinaryFile where the file has no such section."""
    place = read_sections(path, magic).get(kind)
    if place is None:
        raise _bad(path, magic, f"it has no section {kind}")
    with path.open("rb") as file:
        file.seek(place.offset)
        return file.read(place.size)


@dataclass(frozen=True)
class R1csHeader:
    """Counts from an r1cs file's header; ``constraints`` includes the linear ones."""

    wires: int
    public_outputs: int
    public_inputs: int
    private_inputs: int
    labels: int
    constraints: int

    @property
    def public_signals(self) -> int:
        """Entries of public.json."""
        return self.public_outputs + self.public_inputs

    @property
    def domain_power(self) -> int:
        """log2 of Groth16's domain: constraints and one row per public signal and the constant."""
        return (self.constraints + self.public_signals).bit_length()


def read_r1cs_header(path: Path) -> R1csHeader:
    """The header of an r1cs file over BN254's scalar field. Raises BadBinaryFile."""
    header = section_bytes(path, "r1cs", 1)
    if len(header) != 64 or header[:36] != _prime(SCALAR_FIELD):
        raise _bad(path, "r1cs", "it is over another field than BN254's")
    return R1csHeader(*struct.unpack("<IIIIQI", header[36:]))


def _prime(prime: int) -> bytes:
    """A prime as these files write it: u32 length in bytes, then the bytes."""
    return struct.pack("<I", 32) + prime.to_bytes(32, "little")


def check_zkey(path: Path) -> None:
    """Refuse a zkey that isn't a whole Groth16 key over BN254 with all ten sections."""
    sections = read_sections(path, "zkey")
    missing = sorted(set(range(1, 11)) - sections.keys())
    if missing:
        raise _bad(path, "zkey", f"it has no section {missing[0]}")
    if section_bytes(path, "zkey", 1) != struct.pack("<I", 1):
        raise _bad(path, "zkey", "it is for another protocol than Groth16")
    if not section_bytes(path, "zkey", 2).startswith(_prime(BASE_FIELD) + _prime(SCALAR_FIELD)):
        raise _bad(path, "zkey", "it is over another curve than BN254")


def check_wtns(path: Path) -> None:
    """Refuse a witness that isn't whole or whose length contradicts its own count."""
    header = section_bytes(path, "wtns", 1)
    if len(header) != 40 or header[:36] != _prime(SCALAR_FIELD):
        raise _bad(path, "wtns", "it is over another field than BN254's")
    (count,) = struct.unpack("<I", header[36:])
    values = read_sections(path, "wtns").get(2)
    if values is None or values.size != 32 * count:
        raise _bad(path, "wtns", f"it declares {count} values and holds another number")


def check_wasm(path: Path) -> None:
    """Refuse a WebAssembly module whose sections don't fill the file exactly."""
    content = path.read_bytes() if path.is_file() else b""
    if content[:8] != b"\0asm\x01\0\0\0":
        raise _bad(path, "wasm", "it is missing, empty or another format")
    end = 8
    while end < len(content):
        size, start = _leb128(content, end + 1)
        end = start + size
    if end != len(content):
        raise _bad(path, "wasm", f"it is truncated: {len(content)} bytes instead of {end}")


def _leb128(content: bytes, start: int) -> tuple[int, int]:
    """An unsigned LEB128 number and the position after it; a cut number ends past the file."""
    value = 0
    for index in range(5):
        byte = content[start + index] if start + index < len(content) else 0
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, start + index + 1
    return value, start + 5
