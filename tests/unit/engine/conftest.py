"""A circuit written byte by byte, its witness, and keys for it: no compiler involved."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from zkpot.prover.engine.field import R
from zkpot.prover.engine.setup import dev_setup

Combination = dict[int, int]


def container(magic: bytes, sections: list[tuple[int, bytes]]) -> bytes:
    body = b"".join(struct.pack("<IQ", number, len(data)) + data for number, data in sections)
    return magic + struct.pack("<II", 1, len(sections)) + body


def sections_of(data: bytes) -> list[tuple[int, bytes]]:
    (count,) = struct.unpack_from("<I", data, 8)
    found, position = [], 12
    for _ in range(count):
        number, length = struct.unpack_from("<IQ", data, position)
        position += 12
        found.append((number, data[position : position + length]))
        position += length
    return found


@dataclass(frozen=True)
class Circuit:
    """Wires: 1, outputs, public inputs, private inputs, the rest."""

    outputs: int
    public: int
    private: int
    wires: int
    constraints: list[tuple[Combination, Combination, Combination]]
    witness: list[int] = field(default_factory=list)

    @property
    def n_public(self) -> int:
        return self.outputs + self.public

    def file(self, prime: int = R) -> bytes:
        head = struct.pack("<I", 32) + prime.to_bytes(32, "little")
        sizes = (self.wires, self.outputs, self.public, self.private, 99, len(self.constraints))
        head += struct.pack("<4IQI", *sizes)
        rows = b"".join(self._combination(part) for row in self.constraints for part in row)
        return container(b"r1cs", [(2, rows), (1, head)])

    @staticmethod
    def _combination(terms: Combination) -> bytes:
        entries = (struct.pack("<I", w) + v.to_bytes(32, "little") for w, v in terms.items())
        return struct.pack("<I", len(terms)) + b"".join(entries)


def _product_circuit() -> Circuit:
    """Outputs 1, 2; public inputs 3, 4 (4 unused); private 5, 6; w7 = w3·w5 + 2.

    w1 = (w7 - w5)(3·w6 + 5), w2 = w7·w7, and the linear w7 - w8 = 0 with A and B empty.
    """
    rows: list[tuple[Combination, Combination, Combination]] = [
        ({3: 1}, {5: 1}, {7: 1, 0: R - 2}),
        ({7: 1, 5: R - 1}, {6: 3, 0: 5}, {1: 1}),
        ({7: 1}, {7: 1}, {2: 1}),
        ({}, {}, {7: 1, 8: R - 1}),
    ]
    three, five, six = 11, 22, 33
    seven = three * five + 2
    one, two = (seven - five) * (3 * six + 5) % R, seven * seven % R
    return Circuit(2, 2, 2, 9, rows, [1, one, two, three, 44, five, six, seven, seven])


@pytest.fixture(scope="session")
def circuit() -> Circuit:
    return _product_circuit()


@pytest.fixture(scope="session")
def r1cs_path(circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "product.r1cs"
    path.write_bytes(circuit.file())
    return path


@pytest.fixture(scope="session")
def zkey_path(r1cs_path: Path) -> Path:
    path = r1cs_path.with_suffix(".zkey")
    dev_setup(r1cs_path, path)
    return path


@pytest.fixture
def edited(zkey_path: Path, tmp_path: Path) -> Callable[[int, Callable[[bytearray], None]], Path]:
    """A copy of the key with one section changed in place."""

    def edit(number: int, change: Callable[[bytearray], None]) -> Path:
        sections = []
        for found, data in sections_of(zkey_path.read_bytes()):
            buffer = bytearray(data)
            if found == number:
                change(buffer)
            sections.append((found, bytes(buffer)))
        path = tmp_path / "edited.zkey"
        path.write_bytes(container(b"zkey", sections))
        return path

    return edit


@pytest.fixture(scope="session")
def make_container() -> Callable[[bytes, list[tuple[int, bytes]]], bytes]:
    return container


@pytest.fixture(scope="session")
def split_container() -> Callable[[bytes], list[tuple[int, bytes]]]:
    return sections_of
