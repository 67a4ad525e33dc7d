"""A contributor's commitment: cm for the network to see, the salt for the contributor alone."""

from __future__ import annotations

import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from zkpot.compiler.accumulators import refuse_out_of_range, refuse_overflow
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.compiler.frontend import Imported, import_model
from zkpot.compiler.ir import canonical
from zkpot.compiler.statement import commitment

from . import atomic
from .build import Build


class Secret(BaseModel):
    """The content of SECRET.json. Whoever has the salt can test guesses of the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = "zkpot-secret/1"
    circuit_id: str
    cm: str
    salt: str


def matching_model(build: Build, path: Path) -> Imported:
    """The model in ``path``, which must be ``build``'s but for its weights, and fit its ranges.

    Raises InputError naming the first difference, or the channel that could overflow.
    """
    imported = import_model(path)
    if canonical(imported.graph) != canonical(build.circuit.model):
        raise InputError(
            f"{path} is another network than {build.folder}",
            why=_difference(str(build.circuit.model), str(imported.graph)),
            remedy=f"quantize it for this task: zkpot quantize … --like {build.folder}",
        )
    refuse_out_of_range(build.circuit.graph, imported.values)
    refuse_overflow(build.circuit.graph, imported.values)
    return imported


def _difference(task: str, model: str) -> str:
    for ours, theirs in zip(task.splitlines(), model.splitlines(), strict=False):
        if ours != theirs:
            return f"the task has {ours!r}, the model {theirs!r}"
    if len(task.splitlines()) == len(model.splitlines()):
        return "their scales differ"
    return "one has more layers than the other"


def commit(build: Build, imported: Imported) -> Secret:
    """A commitment with a fresh salt from the operating system."""
    salt = secrets.randbelow(FIELD)
    cm = commitment(build.circuit, imported.values, salt)
    return Secret(circuit_id=build.circuit.id, cm=str(cm), salt=str(salt))


def write_secret(path: Path, secret: Secret) -> None:
    """Writes ``secret`` atomically, readable by its owner only; never over another secret."""
    try:
        atomic.create_private(path, (secret.model_dump_json(indent=1) + "\n").encode())
    except FileExistsError as error:
        raise InputError(
            f"{path} exists",
            why="overwriting a secret would make its commitment unusable",
            remedy="choose another name, or remove the file",
        ) from error


def read_secret(path: Path, build: Build, imported: Imported) -> Secret:
    """The secret in ``path``, held against the build and the model it commits to."""
    try:
        secret = Secret.model_validate_json(path.read_bytes())
        salt, cm = int(secret.salt), int(secret.cm)
    except OSError as error:
        raise InputError(
            f"{path} can't be read", why=error.strerror or "", remedy="check the path"
        ) from error
    except (ValidationError, ValueError) as error:
        raise InputError(
            f"{path} is not a secret", remedy="make one with `zkpot commit BUILD … --out SECRET`"
        ) from error
    if secret.circuit_id != build.circuit.id:
        raise InputError(
            f"{path} belongs to another circuit",
            why="a commitment is made for one circuit",
            remedy="commit again for this build",
        )
    if not 0 <= salt < FIELD or commitment(build.circuit, imported.values, salt) != cm:
        raise InputError(
            f"{path} commits to other weights than this model's",
            why="its cm is not the commitment to the model under its salt",
            remedy="prove with the model that was committed",
        )
    return secret
