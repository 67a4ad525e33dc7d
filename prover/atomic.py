"""Outputs that appear whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zkpot.prover.errors import OutputError


def output_error(path: Path, error: OSError) -> OutputError:
    """The named error for an operating-system error met while writing ``path``."""
    reason = error.strerror or str(error)
    return OutputError(
        f"can't write {path}",
        why=f"the system says: {reason}",
        remedy="free disk space, or choose a folder that can be written",
    )


def sync(path: Path) -> None:
    """Force a file's bytes to disk, so that the rename after it never outruns them."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a part file beside ``path``; on success it becomes ``path``, on failure it goes.

    The part's name carries the process id, so two processes never write into one part.
    Raises OutputError where the operating system refuses.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        sync(part)
        os.replace(part, path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):  # a part that can't go, or never was, hides no error behind its own
            part.unlink(missing_ok=True)


def create_private(path: Path, content: bytes) -> None:
    """Write a file that nobody but its owner could ever read, and that wasn't there before.

    The part is new and no link, so neither its mode nor its place is somebody else's choice; and
    a link to it, unlike a rename, never replaces a file. Raises FileExistsError for a ``path``
    that is there, OutputError where the operating system refuses.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise output_error(path, error) from error
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically."""
    with replacing(path) as part:
        part.write_bytes(content)


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as indented JSON to ``path`` atomically."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())
