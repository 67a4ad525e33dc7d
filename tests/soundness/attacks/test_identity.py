"""A proof used again: by somebody else, in another round, for other data, or as if it were new."""

from __future__ import annotations

import pytest
from groth import blinded, pairing_only
from stage import ALICE, CTX, MALLORY, R, ranked, reasons, with_signal
from tally import counted
from toy_task import POOL_ROOT, ROUND, rerandomized
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.consensus.demo.cheats import renamed
from zkpot.prover.context import BATCHES, Context
from zkpot.prover.verify import FalseProof, WrongCommitment, WrongContext, WrongData

OTHERS = {
    "another identity": Context(MALLORY),
    "another round": Context("toy/round-2/alice"),
    "another task": Context("toys/round-1/alice"),
    "a blank more": Context(f"{ALICE} "),
    "capital letters": Context("toy/round-1/Alice"),
    "another batch": Context(ALICE, batch=1),
    "a pool": Context(ALICE, pool_root=POOL_ROOT),
    "another key of the submitter": Context(ALICE, contributor="02" * 33),
}


@counted("attacks")
@pytest.mark.parametrize("name", OTHERS)
def test_a_proof_reused_in(stage, alice, name):
    """The text beside the proof may be changed, and the signal: neither moves the proof."""
    where = OTHERS[name]
    stage.refuses(alice, WrongContext, context=where)
    stage.refuses(renamed(alice, where.text), WrongContext, context=where)
    keys = stage.task.keys.manifest
    moved = with_signal(alice, CTX, where.signal(alice.circuit_id, keys.vk_sha256))
    stage.refuses(moved, FalseProof, context=where)


@counted("attacks")
def test_a_proof_reused_for_the_next_round_s_data(stage, alice):
    """The same labels, and samples that differ in one value."""
    data = stage.task.dataset.data.copy()
    data[3, 3] += 1 if data[3, 3] < 0 else -1
    stage.refuses(alice, WrongData, dataset=stage.data(data=data))


@counted("attacks")
def test_a_shard_s_proof_reused_for_the_next_shard(stage):
    """Both shards hold the same samples here: only the index tells them apart."""
    shard = Context(ALICE, pool_root=POOL_ROOT, batch=3)
    bundle = stage.proof("first", shard)
    stage.accepts(bundle, context=shard)
    for batch in (0, 2, 4):
        other = Context(ALICE, pool_root=POOL_ROOT, batch=batch)
        stage.refuses(bundle, WrongContext, context=other)
        terms = {"pool_root": POOL_ROOT, "batch": batch}
        assert reasons(stage.rank({"shard": bundle}, **terms)) == {"shard": "wrong context"}


@counted("attacks")
@pytest.mark.parametrize("batch", [FIELD, FIELD + 3, -1, BATCHES])
def test_a_batch_whose_number_is_another_s_in_the_field(stage, alice, batch):
    """To the sponge 0 and p are one element."""
    stage.refuses(alice, InputError, context=Context(ALICE, batch=batch))


@counted("attacks")
def test_another_s_proof_under_one_s_own_name_in_the_ranking(stage, alice):
    assert reasons(stage.rank({"copy": renamed(alice, MALLORY)})) == {"copy": "wrong context"}


@counted("attacks")
def test_another_s_commitment_registered_as_one_s_own(stage, alice, mallory):
    """Copying cm costs nothing, and nothing can be proven with it."""
    cm = alice.signals[0]
    registry = {MALLORY: cm, ALICE: cm}
    ranking = stage.rank(
        {"renamed": renamed(alice, MALLORY), "own": mallory, "alice": alice}, registry=registry
    )
    assert ranked(ranking) == {"alice"}
    assert reasons(ranking) == {"renamed": "wrong context", "own": "wrong commitment"}


@counted("attacks")
def test_last_round_s_proof_replayed(stage, alice):
    old = stage.proof("first", "toy/round-0/alice")
    ranking = stage.rank({"old": old, "alice": alice}, round_name=ROUND)
    assert ranked(ranking) == {"alice"}
    assert reasons(ranking) == {"old": "wrong context"}
    registry = {ALICE: alice.signals[0]}
    renewed = {"renamed": renamed(old, ALICE)}
    assert reasons(stage.rank(renewed, registry=registry)) == {"renamed": "wrong context"}


@counted("attacks")
@pytest.mark.parametrize("position", ["first", "last"])
def test_a_bundle_that_would_choose_the_round(stage, alice, position):
    """A true proof for a round of one's own, under a file name that sorts before all others.

    It can't put the others out; without a name for the round nobody is ranked, and the error says
    what to give.
    """
    own = stage.proof("second", "other/eve")
    bundles = {"0": own, "alice": alice} if position == "first" else {"alice": alice, "z": own}
    with pytest.raises(InputError, match="'other', 'toy/round-1'"):
        stage.rank(bundles)
    for terms in ({"round_name": ROUND}, {"registry": {ALICE: alice.signals[0]}}):
        assert ranked(stage.rank(bundles, **terms)) == {"alice"}


RERANDOMIZED = {
    "A·x and B/x": lambda stage, bundle: rerandomized(bundle, 7),
    "both negated": lambda stage, bundle: rerandomized(bundle, FIELD - 1),
    "B + t·delta and C + t·A": lambda stage, bundle: bundle.model_copy(
        update={"proof": blinded(stage.task.keys.vk, bundle.proof, 11)}
    ),
}


@counted("attacks")
@pytest.mark.parametrize("how", RERANDOMIZED)
def test_a_rerandomized_proof_handed_in_as_new(stage, alice, mallory, how):
    """It verifies, being a proof; it is the same statement, and that counts once and for alice."""
    other = RERANDOMIZED[how](stage, alice)
    assert other.proof["pi_b"] != alice.proof["pi_b"]
    stage.accepts(other)
    ranking = stage.rank({"alice": alice, "other": other, "mallory": mallory})
    assert ranked(ranking) == {"alice", "mallory"}
    assert reasons(ranking) == {"other": "duplicate"}
    stage.refuses(renamed(other, MALLORY), WrongContext, context=MALLORY)
    stage.refuses(stage.dressed(other, MALLORY), FalseProof, context=MALLORY)


@counted("attacks")
def test_the_same_statement_proven_anew_with_a_fresh_challenge(stage, alice):
    again = stage.proof("first", ALICE)
    assert again.signals[R] != alice.signals[R]
    assert reasons(stage.rank({"alice": alice, "again": again})) == {"again": "duplicate"}


@counted("attacks")
def test_parts_of_two_proofs_put_together(stage, alice, mallory):
    for part in ("pi_a", "pi_b", "pi_c"):
        mixed = {**alice.proof, part: mallory.proof[part]}
        assert not pairing_only(stage.task.keys.vk, alice.signals, mixed)
        stage.refuses(alice.model_copy(update={"proof": mixed}), FalseProof)


@counted("attacks")
def test_another_model_than_the_registered_one(stage, alice, mallory):
    """Both proofs hold; only one is about the weights that were committed before the draw."""
    stage.refuses(alice, WrongCommitment, cm=mallory.signals[0])
    registry = {ALICE: mallory.signals[0]}
    assert reasons(stage.rank({"a": alice}, registry=registry)) == {"a": "wrong commitment"}


@pytest.mark.long
@counted("attacks")
def test_the_better_of_two_models_chosen_after_the_draw(stage, alice):
    second = stage.proof("second", ALICE)
    ranking = stage.rank({"one": alice, "two": second})
    assert reasons(ranking) == {"one": "two proofs", "two": "two proofs"}
    registered = stage.rank({"one": alice, "two": second}, registry={ALICE: alice.signals[0]})
    assert ranked(registered) == {"one"}
