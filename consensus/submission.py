"""What contributors hand in, and under which name."""

from __future__ import annotations

import re
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


ALIKE = {"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LATIN", "LISU"}
"""Alphabets, as Unicode names their letters, with letters that others have too."""

BLANKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164"
    "\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What Python calls printable, and no font shows: fillers, joiners, variation selectors."""


def _blank(context: str) -> bool:
    return BLANKS.search(context) is not None


def _alphabets(context: str) -> set[str]:
    letters = (unicodedata.name(c, "") for c in context if c.isalpha())
    return {name.split()[0] for name in letters if name} & ALIKE


def require_legible(context: str) -> None:
    """Raises WrongContext unless the text has one spelling and reads as what it is.

    Otherwise one contributor could stand in a ranking twice under names that look the same, or
    write over the terminal.
    """
    contributor = submitter(context).contributor
    faults = {
        "it names no contributor": not contributor,
        "blanks surround a name": any(p != p.strip() for p in context.split("/")),
        "it holds characters that can't be seen": not context.isprintable() or _blank(context),
        "it is not in Unicode's plain composed form (NFKC)": not unicodedata.is_normalized(
            "NFKC", context
        ),
        "it mixes alphabets whose letters look alike": len(_alphabets(context)) > 1,
    }
    for why, found in faults.items():
        if found:
            raise WrongContext(f"context {context!r} is not ROUND/CONTRIBUTOR", why=why)
