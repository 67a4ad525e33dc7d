"""JSON files with a schema: read, validated, or refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from zkpot.compiler.errors import InputError, ZkpotError

MOST_BYTES = 64 << 20

T = TypeVar("T")


def read_document(path: Path, schema: type[T], *, kind: str, remedy: str) -> T:
    """The ``kind`` of document in ``path``. Raises InputError for a file that holds none."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise InputError(
            f"{path} can't be read", why=error.strerror or "", remedy="check the path"
        ) from error
    if size > MOST_BYTES:
        raise InputError(
            f"{path} is not {kind}", why=f"it is larger than {MOST_BYTES} bytes", remedy=remedy
        )
    return validated(path, content, schema, kind=kind, remedy=remedy)


class _RepeatedName(Exception):
    """One object of a document has two values under one name."""


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which value of a repeated name they take, and so in what was said."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RepeatedName(f"it gives {twice!r} twice")
    return found


def validated(
    path: Path,
    content: bytes,
    schema: type[T],
    *,
    kind: str,
    remedy: str,
    refusal: type[ZkpotError] = InputError,
) -> T:
    """``content`` as ``schema``; raises ``refusal``, which says where it departs from it."""
    adapter: TypeAdapter[Any] = TypeAdapter(schema)
    try:
        document: T = adapter.validate_json(content)
        json.loads(content, object_pairs_hook=_unrepeated)
    except _RepeatedName as error:
        raise refusal(f"{path} is not {kind}", why=str(error), remedy=remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        raise refusal(
            f"{path} is not {kind}", why=f"{where}: {first['msg']}", remedy=remedy
        ) from error
    return document
