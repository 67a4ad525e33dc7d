"""A bundle: one proof, its public signals, and what it claims to be for; none of it is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from . import atomic
from .documents import read_document

Decimal = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,80})$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Bundle(BaseModel):
    """What a contributor submits. ``proof`` is snarkjs's proof.json, ``public`` its public.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["zkpot-bundle/1"] = "zkpot-bundle/1"
    circuit_id: Digest
    vk_sha256: Digest
    dataset: Digest
    context: str
    proof: dict[str, Any]
    public: Annotated[list[Decimal], Field(min_length=6, max_length=1_000_000)]

    @property
    def signals(self) -> list[int]:
        """The public signals, outputs first."""
        return [int(s) for s in self.public]


def read_bundle(path: Path) -> Bundle:
    """The bundle in ``path``. Raises InputError for anything that is none."""
    remedy = "make one with `zkpot prove … --out BUNDLE`"
    return read_document(path, Bundle, kind="a bundle", remedy=remedy)


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Writes ``bundle`` atomically."""
    atomic.write_json(path, bundle.model_dump())
