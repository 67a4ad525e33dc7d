"""Why a submission doesn't count: every reason has a name and says itself in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zkpot.compiler.errors import InvalidProof, ZkpotError
from zkpot.prover.engine.verify import ProofPointError, PublicSignalError
from zkpot.prover.verify import (
    FalseProof,
    OutOfField,
    WrongCircuit,
    WrongCommitment,
    WrongContext,
    WrongData,
    WrongKey,
)


class UnreadableBundle(InvalidProof):
    """The file is no bundle."""


class Unregistered(InvalidProof):
    """Nobody registered a commitment under the bundle's context."""


class Duplicate(InvalidProof):
    """The same statement came in before, whatever the bytes of its proof."""


class TwoProofs(InvalidProof):
    """One contributor proved two different statements in one round."""


class CopiedCommitment(InvalidProof):
    """The same commitment counts for another contributor already."""


class Withheld(InvalidProof):
    """A registered contributor handed nothing in."""


REASONS: Mapping[type[ZkpotError], str] = {
    UnreadableBundle: "unreadable bundle",
    Unregistered: "unregistered",
    WrongCircuit: "wrong circuit",
    WrongKey: "wrong key",
    WrongData: "wrong data",
    WrongContext: "wrong context",
    WrongCommitment: "wrong commitment",
    OutOfField: "out-of-field signal",
    PublicSignalError: "malformed signals",
    InvalidProof: "malformed signals",
    ProofPointError: "malformed proof",
    FalseProof: "false proof",
    Duplicate: "duplicate",
    TwoProofs: "two proofs",
    CopiedCommitment: "copied commitment",
    Withheld: "withheld",
}
"""Stable names, for programs that read the JSON."""


@dataclass(frozen=True)
class Refused:
    """``bundle``: the submission's name, None where nothing came in; ``context``: as claimed."""

    bundle: str | None
    context: str | None
    reason: str
    why: str

    def to_json(self) -> dict[str, str | None]:
        """One entry of the JSON list ``refused``."""
        return {
            "bundle": self.bundle,
            "context": self.context,
            "reason": self.reason,
            "why": self.why,
        }


def refused(bundle: str | None, context: str | None, error: ZkpotError) -> Refused:
    """``error`` as a refusal; its remedy is for the contributor and left out."""
    reason = next(REASONS[kind] for kind in (*type(error).__mro__, InvalidProof) if kind in REASONS)
    why = f"{error.what}: {error.why}" if error.why else error.what
    return Refused(bundle, context, reason, why)
