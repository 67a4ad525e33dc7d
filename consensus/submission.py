"""What contributors hand in, and under which name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from zkpot.compiler.errors import ZkpotError
from zkpot.prover.bundle import Bundle, read_bundle
from zkpot.prover.verify import WrongContext


@dataclass(frozen=True)
class Submission:
    """A bundle that came in as ``name`` (a file's path), or why it couldn't be read."""

    name: str
    content: Bundle | ZkpotError

    @property
    def context(self) -> str | None:
        """As claimed; None where nothing could be read."""
        return self.content.context if isinstance(self.content, Bundle) else None


def read_submission(path: Path) -> Submission:
    """The file in ``path``; one that is no bundle is a submission too, to be refused by name."""
    try:
        return Submission(str(path), read_bundle(path))
    except ZkpotError as error:
        return Submission(str(path), error)


@dataclass(frozen=True)
class Submitter:
    """A context text, by convention ``ROUND/CONTRIBUTOR``.

    ``round_name``: what comes before the last '/', empty where there is none.
    """

    round_name: str
    contributor: str


def submitter(context: str) -> Submitter:
    """The round and the contributor that a context text names."""
    round_name, _, contributor = context.rpartition("/")
    return Submitter(round_name, contributor)


def require_legible(context: str) -> None:
    """Raises WrongContext unless the text has one spelling and reads as what it is.

    Otherwise one contributor could stand in a ranking twice under names that look the same, or
    write over the terminal.
    """
    contributor = submitter(context).contributor
    faults = {
        "it names no contributor": not contributor,
        "blanks surround a name": any(p != p.strip() for p in context.split("/")),
        "it holds characters that can't be seen": not context.isprintable(),
        "it is not in Unicode's composed form (NFC)": not unicodedata.is_normalized("NFC", context),
    }
    for why, found in faults.items():
        if found:
            raise WrongContext(f"context {context!r} is not ROUND/CONTRIBUTOR", why=why)
