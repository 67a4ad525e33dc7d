"""A round's ranking: what counts, by proven k; the rest with the reason it doesn't count."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zkpot.prover.dataset import Dataset
from zkpot.prover.manifest import Trust
from zkpot.prover.verify import Verifier

from .admission import Candidate, Terms, admit
from .refusal import Refused
from .submission import Submission, submitter
from .wilson import Interval, wilson


@dataclass(frozen=True)
class Ranked:
    """One place. ``interval``: 95% Wilson interval of ``correct`` of ``samples``.

    ``overlaps_leader``: whether the interval meets the first place's, so that the order of the
    two may be chance.
    """

    rank: int
    bundle: str
    context: str
    correct: int
    samples: int
    interval: Interval
    overlaps_leader: bool
    cm: int

    @property
    def contributor(self) -> str:
        """The last part of the context."""
        return submitter(self.context).contributor

    @property
    def accuracy(self) -> float:
        """The share of samples classified correctly."""
        return self.correct / self.samples

    def to_json(self) -> dict[str, Any]:
        """One entry of the JSON ranking; cm is a decimal string."""
        return {
            "rank": self.rank,
            "context": self.context,
            "contributor": self.contributor,
            "bundle": self.bundle,
            "correct": self.correct,
            "samples": self.samples,
            "accuracy": self.accuracy,
            "low": self.interval.low,
            "high": self.interval.high,
            "overlaps_leader": self.overlaps_leader,
            "cm": str(self.cm),
        }


@dataclass(frozen=True)
class Ranking:
    """``ranked``: best first; ``refused``: in the order of submission, the withheld last."""

    ranked: tuple[Ranked, ...]
    refused: tuple[Refused, ...]
    trust: Trust
    beacon: bytes

    @property
    def leader(self) -> Ranked | None:
        """The first place, None where nothing counted."""
        return self.ranked[0] if self.ranked else None

    def to_json(self) -> dict[str, Any]:
        """What `zkpot rank --json` prints."""
        return {
            "ranking": [entry.to_json() for entry in self.ranked],
            "refused": [entry.to_json() for entry in self.refused],
            "leader": self.leader.context if self.leader else None,
            "trust": str(self.trust),
            "beacon": self.beacon.hex(),
        }


def rank(
    submissions: Sequence[Submission],
    verifier: Verifier,
    dataset: Dataset,
    *,
    beacon: bytes,
    terms: Terms | None = None,
) -> Ranking:
    """Verifies every submission against ``dataset`` and ranks what holds, greatest k first.

    Ties are broken by `tie_break`. Raises InputError for terms that can't be meant, and without
    a round for valid bundles of several; otherwise a submission never raises, it is refused.
    """
    standing, refusals = admit(submissions, verifier, dataset, terms or Terms())
    trust = verifier.keys.manifest.trust
    return Ranking(places(standing, beacon), refusals, trust, beacon)


def tie_break(beacon: bytes, context: str) -> bytes:
    """SHA-256(beacon ‖ context), 32 bytes: among equal k the smallest comes first.

    Nobody can grind it who had to choose the context before the beacon was known.
    """
    return hashlib.sha256(beacon + context.encode()).digest()


def places(standing: Sequence[Candidate], beacon: bytes) -> tuple[Ranked, ...]:
    """The candidates in the order of their places."""

    def order(candidate: Candidate) -> tuple[int, bytes]:
        return -candidate.verified.correct, tie_break(beacon, candidate.context)

    ordered = sorted(standing, key=order)
    intervals = [wilson(c.verified.correct, c.verified.samples) for c in ordered]
    return tuple(
        Ranked(
            rank=place,
            bundle=candidate.name,
            context=candidate.context,
            correct=candidate.verified.correct,
            samples=candidate.verified.samples,
            interval=interval,
            overlaps_leader=interval.overlaps(intervals[0]),
            cm=candidate.verified.cm,
        )
        for place, (candidate, interval) in enumerate(zip(ordered, intervals, strict=True), 1)
    )
