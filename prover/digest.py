"""SHA-256 of files, by which artifacts name each other."""

from __future__ import annotations

import hashlib
from pathlib import Path

from zkpot.compiler.errors import InputError


def sha256_of(path: Path) -> str:
    """64 hex digits of the file's SHA-256. Raises InputError where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"can't read {path}",
            why=f"the system says: {error.strerror}",
            remedy="check the path, or make the file again",
        ) from error
