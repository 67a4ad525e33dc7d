"""Section tables of made-up files: whole ones are read, every truncation is found."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from zkpot.prover import binfile
from zkpot.prover.errors import BadBinaryFile

FR = 21888242871839275222246405745257275088548364400416034343698204186575808495617


def container(magic: bytes, sections: list[tuple[int, bytes]]) -> bytes:
    head = magic + struct.pack("<II", 1, len(sections))
    return head + b"".join(struct.pack("<IQ", kind, len(b)) + b for kind, b in sections)


def r1cs(prime: int = FR, constraints: int = 5) -> bytes:
    header = struct.pack("<I", 32) + prime.to_bytes(32, "little")
    header += struct.pack("<IIIIQI", 9, 1, 2, 3, 12, constraints)
    return container(b"r1cs", [(2, b"\1" * 40), (1, header), (3, b"\2" * 8)])


def test_reads_an_r1cs_header(tmp_path: Path) -> None:
    path = tmp_path / "a.r1cs"
    path.write_bytes(r1cs())
    header = binfile.read_r1cs_header(path)
    assert header == binfile.R1csHeader(9, 1, 2, 3, 12, 5)
    assert header.public_signals == 3


@pytest.mark.parametrize(("constraints", "power"), [(4, 3), (5, 4), (12, 4), (13, 5), (28, 5)])
def test_the_domain_holds_constraints_signals_and_the_constant(
    tmp_path: Path, constraints: int, power: int
) -> None:
    """Three public signals and the constant: constraints + 4 rows, at most 2^power."""
    path = tmp_path / "a.r1cs"
    path.write_bytes(r1cs(constraints=constraints))
    assert binfile.read_r1cs_header(path).domain_power == power
    assert 2 ** (power - 1) < constraints + 4 <= 2**power


def test_every_truncation_is_found(tmp_path: Path) -> None:
    path, content = tmp_path / "a.r1cs", r1cs()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(BadBinaryFile, match="not a whole r1cs file"):
            binfile.read_sections(path, "r1cs")


def test_padding_other_formats_and_other_fields_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.r1cs"
    path.write_bytes(r1cs() + b"\0")
    with pytest.raises(BadBinaryFile, match="foreign bytes"):
        binfile.read_sections(path, "r1cs")
    with pytest.raises(BadBinaryFile, match="another format"):
        binfile.read_sections(path, "zkey")
    path.write_bytes(r1cs(prime=101))
    with pytest.raises(BadBinaryFile, match="another field"):
        binfile.read_r1cs_header(path)
    with pytest.raises(BadBinaryFile, match="No such file"):
        binfile.read_sections(tmp_path / "absent", "r1cs")


def test_a_section_longer_than_any_disk_is_a_truncation(tmp_path: Path) -> None:
    path = tmp_path / "a.r1cs"
    path.write_bytes(b"r1cs" + struct.pack("<IIIQ", 1, 1, 1, 2**64 - 1))
    with pytest.raises(BadBinaryFile, match="truncated"):
        binfile.read_sections(path, "r1cs")


WASM = b"\0asm\1\0\0\0" + bytes([1, 3, 7, 7, 7]) + bytes([11, 0x81, 0x01]) + bytes(129)


def test_every_wasm_truncation_inside_a_section_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.wasm"
    path.write_bytes(WASM)
    binfile.check_wasm(path)
    for length in set(range(len(WASM))) - {8, 13}:  # a module may end between two sections
        path.write_bytes(WASM[:length])
        with pytest.raises(BadBinaryFile, match="not a whole wasm file"):
            binfile.check_wasm(path)


def test_a_witness_must_hold_as_many_values_as_it_declares(tmp_path: Path) -> None:
    header = struct.pack("<I", 32) + FR.to_bytes(32, "little") + struct.pack("<I", 3)
    path = tmp_path / "a.wtns"
    path.write_bytes(container(b"wtns", [(1, header), (2, bytes(96))]))
    binfile.check_wtns(path)
    path.write_bytes(container(b"wtns", [(1, header), (2, bytes(64))]))
    with pytest.raises(BadBinaryFile, match="declares 3 values"):
        binfile.check_wtns(path)
