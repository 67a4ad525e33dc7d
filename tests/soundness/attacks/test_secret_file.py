"""Another user of the folder that SECRET.json is written to, who wants the salt or to spoil it."""

from __future__ import annotations

import os
import secrets
import stat

import pytest
from tally import counted
from zkpot.compiler.errors import InputError
from zkpot.prover.errors import OutputError
from zkpot.prover.secret import Secret, write_secret

SECRET = Secret(circuit_id="ab" * 32, cm="1", salt="123454321")


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def planted(folder, kind):
    """Names that a part file of SECRET.json may have: by the process id, or guessed."""
    for name in (str(os.getpid()), "guessed"):
        part = folder / f"SECRET.json.{name}.part"
        if kind == "file":
            part.touch()
            part.chmod(0o666)
        else:
            (folder / f"elsewhere.{name}").touch()
            part.symlink_to(folder / f"elsewhere.{name}")
    return {path.name: path.lstat().st_mode for path in folder.iterdir()}


def contents(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.name != "SECRET.json")


@counted("attacks")
@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_part_file_that_is_there_already(tmp_path, kind):
    """A file that all can read, or a link to one: neither mode nor place becomes the secret's."""
    before = planted(tmp_path, kind)
    write_secret(tmp_path / "SECRET.json", SECRET)
    assert mode(tmp_path / "SECRET.json") == 0o600
    assert not (tmp_path / "SECRET.json").is_symlink()
    assert contents(tmp_path) == b""
    assert {path.name for path in tmp_path.iterdir()} == {*before, "SECRET.json"}


@counted("attacks")
@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_part_file_by_the_very_name(tmp_path, kind, monkeypatch):
    """Were the name guessed, nothing is written, and what was planted stays as it was."""
    before = planted(tmp_path, kind)
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes: "guessed")
    with pytest.raises(OutputError, match="can't write"):
        write_secret(tmp_path / "SECRET.json", SECRET)
    assert contents(tmp_path) == b""
    assert {path.name: path.lstat().st_mode for path in tmp_path.iterdir()} == before


@counted("attacks")
@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_a_secret_that_is_there_is_not_written_over(tmp_path, kind):
    """Not through a link either, whether it leads anywhere or not."""
    other, path = tmp_path / "other", tmp_path / "SECRET.json"
    if kind != "link to nothing":
        other.write_bytes(b"mine")
    if kind == "file":
        other.rename(path)
    else:
        path.symlink_to(other)
    before = {entry.name: entry.lstat().st_ino for entry in tmp_path.iterdir()}
    with pytest.raises(InputError, match="overwriting a secret"):
        write_secret(path, SECRET)
    assert {entry.name: entry.lstat().st_ino for entry in tmp_path.iterdir()} == before
    assert not other.exists() or other.read_bytes() == b"mine"


@counted("attacks")
def test_a_secret_that_appears_while_one_is_written(tmp_path, monkeypatch):
    """Between the first look and the last step: two who commit into one file don't both succeed."""
    path, link = tmp_path / "SECRET.json", os.link

    def late(source, target):
        assert mode(source) == 0o600
        path.write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(InputError, match="exists"):
        write_secret(path, SECRET)
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"theirs"]


def test_it_is_private_under_any_umask(tmp_path):
    old = os.umask(0)
    try:
        write_secret(tmp_path / "new folder" / "SECRET.json", SECRET)
    finally:
        os.umask(old)
    path = tmp_path / "new folder" / "SECRET.json"
    assert mode(path) == 0o600
    assert Secret.model_validate_json(path.read_bytes()) == SECRET
    assert list(path.parent.iterdir()) == [path]
