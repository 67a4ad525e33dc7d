"""Order, ties and the rules between bundles whose proofs hold; no proof is needed for these."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zkpot.compiler.errors import InputError, InvalidProof
from zkpot.consensus.admission import Candidate, Terms, copied, other_round, repeated
from zkpot.consensus.ranking import places, tie_break
from zkpot.consensus.refusal import REASONS, refused
from zkpot.consensus.submission import require_legible, submitter
from zkpot.prover.manifest import Trust
from zkpot.prover.verify import Verified, WrongContext

BEACON = b"\x01\x02"


def candidates(*rows: tuple[str, int, int]) -> list[Candidate]:
    """From (context, cm, k), in the order of submission."""
    return [
        Candidate(i, f"{i}.json", Verified(k, 20, cm, context, Trust.DEV))
        for i, (context, cm, k) in enumerate(rows)
    ]


def faults(check, standing, terms=None):
    found = [
        (c.position, refused(c.name, c.context, e)) for c, e in check(standing, terms or Terms())
    ]
    return {position: (entry.reason, entry.why) for position, entry in found}


def test_places_go_by_k():
    ranked = places(candidates(("r/a", 1, 3), ("r/b", 2, 19), ("r/c", 3, 17)), BEACON)
    assert [(e.rank, e.contributor, e.correct) for e in ranked] == [
        (1, "b", 19),
        (2, "c", 17),
        (3, "a", 3),
    ]
    assert [e.overlaps_leader for e in ranked] == [True, True, False]
    assert ranked[0].accuracy == 0.95


def test_ties_go_by_the_hash_of_beacon_and_context():
    names = [f"r/{name}" for name in ("a", "b", "c", "d", "e")]
    expected = sorted(names, key=lambda n: hashlib.sha256(b"\x01\x02" + n.encode()).hexdigest())
    ranked = places(candidates(*((n, i, 7) for i, n in enumerate(names))), BEACON)
    assert [e.context for e in ranked] == expected
    assert tie_break(BEACON, "r/a") == hashlib.sha256(b"\x01\x02r/a").digest()
    orders = {
        tuple(e.context for e in places(candidates(*((n, i, 7) for i, n in enumerate(names))), b))
        for b in (b"1", b"2", b"3", b"4")
    }
    assert len(orders) > 1


@given(st.permutations(range(6)))
def test_the_order_of_submission_decides_nothing(order):
    rows = [
        ("r/a", 1, 7),
        ("r/b", 2, 7),
        ("r/c", 3, 9),
        ("r/d", 4, 7),
        ("r/e", 5, 0),
        ("r/f", 6, 9),
    ]
    straight = places(candidates(*rows), BEACON)
    mixed = places(candidates(*(rows[i] for i in order)), BEACON)
    assert [e.context for e in straight] == [e.context for e in mixed]


def test_a_repeated_statement_counts_once():
    standing = candidates(("r/a", 1, 7), ("r/b", 2, 7), ("r/a", 1, 7), ("r/a", 1, 7))
    found = faults(repeated, standing)
    assert {position: reason for position, (reason, _) in found.items()} == {
        2: "duplicate",
        3: "duplicate",
    }
    assert "0.json" in found[2][1]


def test_two_statements_of_one_contributor_cancel_each_other():
    standing = candidates(("r/a", 1, 7), ("r/b", 2, 7), ("r/a", 3, 9), ("r/a", 1, 7))
    found = faults(repeated, standing)
    assert {position: reason for position, (reason, _) in found.items()} == dict.fromkeys(
        (0, 2, 3), "two proofs"
    )


def test_a_commitment_counts_for_whoever_came_first():
    standing = candidates(("r/eve", 1, 7), ("r/bob", 2, 7), ("r/alice", 1, 7))
    found = faults(copied, standing)
    assert found[2][0] == "copied commitment"
    assert "'r/eve'" in found[2][1]
    assert "handed in first" in found[2][1]
    assert list(found) == [2]


def test_with_a_registry_the_earlier_registration_counts():
    standing = candidates(("r/eve", 1, 7), ("r/bob", 2, 7), ("r/alice", 1, 7))
    terms = Terms(registry={"r/alice": 1, "r/bob": 2, "r/eve": 1})
    found = faults(copied, standing, terms)
    assert found[0][0] == "copied commitment"
    assert "registered first" in found[0][1]
    assert list(found) == [0]


def test_rounds():
    standing = candidates(("x/r1/a", 1, 7), ("b", 2, 7), ("x/r2/c", 3, 7), ("x/r1/d", 4, 7))
    assert list(faults(other_round, standing, Terms(round_name="x/r2"))) == [0, 1, 3]
    assert list(faults(other_round, standing, Terms(round_name=""))) == [0, 2, 3]
    assert not faults(other_round, [])
    assert not faults(other_round, [standing[0], standing[3]])


@pytest.mark.parametrize("order", [1, -1])
def test_no_bundle_decides_the_round_by_coming_first(order):
    standing = candidates(("x/r1/a", 1, 7), ("b", 2, 7), ("x/r2/c", 3, 7))[::order]
    with pytest.raises(InputError) as caught:
        faults(other_round, standing)
    assert caught.value.why == "'', 'x/r1', 'x/r2'"
    assert "--round" in caught.value.remedy


@pytest.mark.parametrize(
    ("context", "parts"),
    [
        ("alice", ("", "alice")),
        ("r/alice", ("r", "alice")),
        ("a/b/c", ("a/b", "c")),
        ("/x", ("", "x")),
    ],
)
def test_the_last_slash_separates(context, parts):
    found = submitter(context)
    assert (found.round_name, found.contributor) == parts
    require_legible(context)


@pytest.mark.parametrize(
    "context",
    [
        "",
        " ",
        "r/",
        "r/ ",
        "r/alice ",
        "r /alice",
        "r/al\x1b[2Jice",
        "r/al\u202eice",
        "r/zoe\u0308",
    ],
)
def test_contexts_with_a_twin_that_looks_the_same(context):
    with pytest.raises(WrongContext, match="ROUND/CONTRIBUTOR"):
        require_legible(context)


def test_every_named_refusal_has_its_own_word_and_others_fall_back():
    class Unheard(InvalidProof):
        pass

    assert refused("f", None, Unheard("what", why="why")).reason == REASONS[InvalidProof]
    assert refused("f", None, Unheard("what")).to_json() == {
        "bundle": "f",
        "context": None,
        "reason": "malformed signals",
        "why": "what",
    }
