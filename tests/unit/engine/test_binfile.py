"""The container writer: complete files or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from zkpot.compiler.errors import InputError
from zkpot.prover.engine.binfile import Container, new_container
from zkpot.prover.errors import OutputError


def test_round_trip(tmp_path: Path) -> None:
    path, words = tmp_path / "x.bin", np.arange(6, dtype=np.uint64).reshape(2, 3)
    with new_container(path, b"test", 7, 3) as file:
        file.section(5, b"ab", words)
        file.section(2)
        file.section(9, words[:0])
    read = Container(path, b"test", InputError, "none")
    assert read.version == 7
    assert read.section(5, "five").tobytes() == b"ab" + words.tobytes()
    assert len(read.section(2, "two", 0)) == 0
    assert 9 in read
    assert 1 not in read
    with pytest.raises(InputError, match="has 50 bytes, not 3"):
        read.section(5, "five", 3)
    assert [p.name for p in tmp_path.iterdir()] == ["x.bin"]


def test_failure_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), new_container(path, b"test", 1, 1) as file:
        file.section(1, b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.bin"]


def test_undeclared_section_count_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.bin"
    path.write_bytes(b"test" + (1).to_bytes(4, "little") + (65).to_bytes(4, "little"))
    with pytest.raises(InputError, match="65 sections"):
        Container(path, b"test", InputError, "none")


def test_missing_section_is_a_mistake(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="1 sections written, 2 declared"),
        new_container(tmp_path / "x.bin", b"test", 1, 2) as file,
    ):
        file.section(1, b"only")
    assert list(tmp_path.iterdir()) == []


def test_unwritable_place_has_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError), new_container(tmp_path / "folder", b"test", 1, 0):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]
