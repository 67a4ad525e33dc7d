"""Outputs appear whole or not at all."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from zkpot.prover import atomic
from zkpot.prover.errors import OutputError


def test_replaces_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "value.json"
    atomic.write_json(path, [1])
    atomic.write_json(path, {"a": "2"})
    assert json.loads(path.read_text()) == {"a": "2"}
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_keeps_the_old_content_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "value"
    path.write_bytes(b"old")

    def half_written() -> None:
        with atomic.replacing(path) as part:
            part.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_written()
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_a_folder_in_the_way_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "value").mkdir()
    with pytest.raises(OutputError, match=r"can't write .*value"):
        atomic.write_bytes(tmp_path / "value", b"")


def test_a_full_disk_is_a_named_error_and_leaves_nothing(tmp_path: Path) -> None:
    """The limit on a file's size makes a write fail half-way, as a full disk does."""
    script = (
        "import sys; from pathlib import Path; from zkpot.prover import atomic\n"
        "atomic.write_bytes(Path(sys.argv[1]), bytes(100_000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "value"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        check=False,
    )
    assert "OutputError: can't write" in done.stderr
    assert "free disk space" in done.stderr
    assert list(tmp_path.iterdir()) == []
