"""keys.json: what a build's keys are, where they come from, and how far they can be trusted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from zkpot.prover.documents import validated
from zkpot.prover.errors import KeyRefused
from zkpot.prover.transcript import Contribution

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

ZKEY = "circuit_final.zkey"
INITIAL_ZKEY = "circuit_0000.zkey"
VERIFICATION_KEY = "verification_key.json"
MANIFEST = "keys.json"


class Trust(StrEnum):
    """Who could forge proofs under a key.

    ``dev``: whoever made it. ``contributed``: only all contributors to its phase 2 together, or all
    of its ptau's. ``universal``: only all of the universal setup's; no step was for this circuit.
    """

    DEV = "dev"
    CONTRIBUTED = "contributed"
    UNIVERSAL = "universal"


class KeyManifest(BaseModel):
    """The content of keys.json. Digests are SHA-256, in hexadecimal, of the files as they are.

    ``contributions``: phase 2 in its order, the beacon included. ``tools``: program to version.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    trust: Trust
    protocol: Literal["groth16"] = "groth16"
    curve: Literal["bn128"] = "bn128"
    r1cs_sha256: Sha256
    zkey_sha256: Sha256
    vk_sha256: Sha256
    ptau_sha256: Sha256 | None = None
    tools: dict[str, str]
    contributions: tuple[Contribution, ...] = ()

    @property
    def beacon(self) -> Contribution | None:
        """The closing step, if it was a public random value."""
        last = self.contributions[-1:]
        return last[0] if last and last[0].beacon is not None else None


def read_manifest(build_dir: Path) -> KeyManifest:
    """The build's keys.json. Raises KeyRefused where there is none or it says something else."""
    path = build_dir / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyRefused(
            f"{build_dir} has no keys",
            why=f"{path.name} can't be read: {error.strerror}",
            remedy=f"run `zkpot setup {build_dir}`",
        ) from error
    remedy = "run `zkpot setup` again, or fetch the build again"
    return validated(
        path, content, KeyManifest, kind="a key manifest", remedy=remedy, refusal=KeyRefused
    )
