"""Which submissions count: every bundle verified, then held against the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from zkpot.compiler.errors import InputError, ZkpotError
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset
from zkpot.prover.verify import Verified, Verifier, WrongContext

from .refusal import (
    CopiedCommitment,
    Duplicate,
    Refused,
    TwoProofs,
    UnreadableBundle,
    Unregistered,
    Withheld,
    refused,
)
from .registry import Registry
from .submission import Submission, require_legible, submitter


@dataclass(frozen=True)
class Terms:
    """What the bundles of a round have to be for.

    ``registry``: the commitments registered before the draw; without one a bundle's own context
    is believed, which shows that whoever proved meant it, and not who that was. ``round_name``:
    None takes the registry's, or else that of all valid bundles. ``pool_root`` (hex) and ``batch``
    enter the context, see `Context`.
    """

    registry: Registry | None = None
    round_name: str | None = None
    pool_root: str = ""
    batch: int = 0


@dataclass(frozen=True)
class Candidate:
    """A bundle whose proof holds. ``position``: in the order of submission."""

    position: int
    name: str
    verified: Verified

    @property
    def context(self) -> str:
        """The context that the proof was verified for."""
        return self.verified.context


Fault = tuple[Candidate, ZkpotError]
Check = Callable[[Sequence[Candidate], Terms], Iterator[Fault]]


def admit(
    submissions: Sequence[Submission], verifier: Verifier, dataset: Dataset, terms: Terms
) -> tuple[tuple[Candidate, ...], tuple[Refused, ...]]:
    """What counts and what doesn't, each in the order of submission; the withheld come last.

    Only proofs that hold can put others out, so nobody removes a rival with rubbish in its name.
    Raises InputError for terms that can't be meant, or that leave open which round is ranked.
    """
    terms = _with_round(terms)
    standing: list[Candidate] = []
    out: list[tuple[int, Refused]] = []
    for position, submission in enumerate(submissions):
        try:
            verified = _verified(submission, verifier, dataset, terms)
            standing.append(Candidate(position, submission.name, verified))
        except ZkpotError as error:
            out.append((position, refused(submission.name, submission.context, error)))
    for check in CHECKS:
        faults = list(check(standing, terms))
        out += [(c.position, refused(c.name, c.context, error)) for c, error in faults]
        gone = {candidate.position for candidate, _ in faults}
        standing = [c for c in standing if c.position not in gone]
    refusals = (entry for _, entry in sorted(out, key=lambda pair: pair[0]))
    return tuple(standing), (*refusals, *_withheld(submissions, terms))


def _with_round(terms: Terms) -> Terms:
    if not terms.registry or terms.round_name is not None:
        return terms
    return replace(terms, round_name=_only_round(terms.registry, "the registry holds"))


def _only_round(contexts: Iterable[str], who: str) -> str:
    rounds = {submitter(context).round_name for context in contexts}
    if len(rounds) > 1:
        raise InputError(
            f"{who} several rounds",
            why=", ".join(map(repr, sorted(rounds))),
            remedy="name the round to rank with --round",
        )
    return rounds.pop()


def _verified(
    submission: Submission, verifier: Verifier, dataset: Dataset, terms: Terms
) -> Verified:
    bundle = submission.content
    if isinstance(bundle, ZkpotError):
        raise UnreadableBundle(bundle.what, why=bundle.why)
    require_legible(bundle.context)
    cm = None
    if terms.registry is not None:
        if bundle.context not in terms.registry:
            raise Unregistered(
                f"nobody registered as {bundle.context!r}",
                why="a model that was not committed before the draw may be trained on the batch",
            )
        cm = terms.registry[bundle.context]
    context = Context(bundle.context, pool_root=terms.pool_root, batch=terms.batch)
    return verifier.verify(bundle, dataset, context, cm=cm)


def other_round(standing: Sequence[Candidate], terms: Terms) -> Iterator[Fault]:
    """A proof for another round is a replay; which one is, no bundle decides by coming first."""
    if terms.round_name is None and standing:
        _only_round((c.context for c in standing), "the valid bundles are for")
        return
    for candidate in standing:
        own = submitter(candidate.context).round_name
        if own != terms.round_name:
            why = f"{terms.round_name!r} is the one to rank"
            yield candidate, WrongContext(f"the proof is for round {own!r}", why=why)


def repeated(standing: Sequence[Candidate], _terms: Terms) -> Iterator[Fault]:
    """One statement counts once; two statements of one contributor cancel each other.

    All candidates are for one data set, so within a context the statement is its cm, and proofs
    that were re-randomized or made with another challenge salt are the same. Two commitments in
    one context let a contributor choose the better model after seeing the batch.
    """
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in standing:
        groups[candidate.context].append(candidate)
    for context, (first, *others) in groups.items():
        if all(other.verified.cm == first.verified.cm for other in others):
            for other in others:
                why = f"it is the statement of {first.name}, whatever the bytes of its proof"
                yield other, Duplicate("the same statement came in before", why=why)
            continue
        for candidate in (first, *others):
            what = f"{context!r} proved for two commitments"
            yield candidate, TwoProofs(what, why="one contributor has one model a round")


def copied(standing: Sequence[Candidate], terms: Terms) -> Iterator[Fault]:
    """One model counts once: for the earlier registration, or else for the earlier submission.

    Both proofs hold, so both contributors know the committed weights; without a registry neither
    can show to have had them first.
    """
    order = {context: i for i, context in enumerate(terms.registry or ())}
    how = "handed in" if terms.registry is None else "registered"
    owners: dict[int, Candidate] = {}
    for candidate in sorted(standing, key=lambda c: (order.get(c.context, 0), c.position)):
        owner = owners.setdefault(candidate.verified.cm, candidate)
        if owner is not candidate:
            what = f"{owner.context!r} has the same commitment"
            why = f"one model counts once, and that one was {how} first"
            yield candidate, CopiedCommitment(what, why=why)


CHECKS: tuple[Check, ...] = (other_round, repeated, copied)


def _withheld(submissions: Sequence[Submission], terms: Terms) -> Iterator[Refused]:
    claimed = {submission.context for submission in submissions}
    for context in terms.registry or ():
        if context not in claimed and submitter(context).round_name == terms.round_name:
            error = Withheld(
                f"{context!r} registered a commitment, and no bundle is here",
                why="the contributor may be late, or keeps back a bad result",
            )
            yield refused(None, context, error)
