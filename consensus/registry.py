"""The commitments of a round, registered before its test batch was drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.prover import atomic
from zkpot.prover.documents import read_document

Registry = Mapping[str, int]
"""Context text to cm, in the order of registration."""


class Registration(BaseModel):
    """One entry of REGISTRY.json: who committed to what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context: Annotated[str, StringConstraints(min_length=1)]
    cm: Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,76})$")]


def read_registry(path: Path) -> Registry:
    """The registry in ``path``, a JSON list of ``{"context": …, "cm": …}``.

    Raises InputError for a file that is none, a cm that is no field element, and for a context
    that is registered twice. One cm under two contexts is no error here: it costs nothing to copy
    a commitment, and nothing can be proved with it.
    """
    remedy = 'write a JSON list of {"context": "ROUND/CONTRIBUTOR", "cm": "…"}'
    entries = read_document(path, list[Registration], kind="a registry", remedy=remedy)
    return _registry(path, entries)


def _registry(path: Path, entries: list[Registration]) -> Registry:
    found: dict[str, int] = {}
    for entry in entries:
        if entry.context in found:
            raise InputError(
                f"{path} registers {entry.context!r} twice",
                why="a contributor who may choose between commitments can choose after the draw",
                remedy="keep the entry that was registered first",
            )
        if int(entry.cm) >= FIELD:
            raise InputError(
                f"{path}: the cm of {entry.context!r} is no field element",
                why="it is not below the field order",
                remedy="register what `zkpot commit` printed",
            )
        found[entry.context] = int(entry.cm)
    return found


def write_registry(path: Path, registry: Registry) -> None:
    """Writes ``registry`` atomically."""
    atomic.write_json(path, [{"context": k, "cm": str(v)} for k, v in registry.items()])


def canonical(registry: Registry) -> bytes:
    """The bytes by which a registry can be hashed or signed: its entries in order, as JSON."""
    entries = [[context, str(cm)] for context, cm in registry.items()]
    return json.dumps(entries, separators=(",", ":")).encode()
