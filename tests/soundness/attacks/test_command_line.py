"""The same attacks by what anyone types: 1 for a proof that proves nothing, 2 for wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from groth import Q, blinded
from stage import ALICE, DATASET, MALLORY, K, R, with_signal
from tally import counted
from toy_task import POOL_ROOT, ROUND, SAMPLES
from trial import zkpot
from zkpot.compiler.field import FIELD
from zkpot.consensus.demo.cheats import renamed
from zkpot.consensus.registry import write_registry
from zkpot.prover.bundle import write_bundle

BUNDLES = {
    "k inflated": (lambda b: with_signal(b, K, SAMPLES), "FalseProof"),
    "k above n": (lambda b: with_signal(b, K, SAMPLES + 1), "InvalidProof"),
    "k plus p": (lambda b: with_signal(b, K, b.signals[K] + FIELD), "OutOfField"),
    "a zero challenge": (lambda b: with_signal(b, R, 0), "WrongData"),
    "another data set": (lambda b: with_signal(b, DATASET, 5), "WrongData"),
    "a signal less": (
        lambda b: b.model_copy(update={"public": list(b.public[:-1])}),
        "InvalidProof",
    ),
    "a point off the curve": (
        lambda b: b.model_copy(update={"proof": {**b.proof, "pi_a": ["1", "3", "1"]}}),
        "ProofPointError",
    ),
    "infinity": (
        lambda b: b.model_copy(update={"proof": {**b.proof, "pi_c": ["0", "1", "0"]}}),
        "ProofPointError",
    ),
    "a coordinate plus q": (
        lambda b: b.model_copy(
            update={
                "proof": {
                    **b.proof,
                    "pi_a": [str(int(b.proof["pi_a"][0]) + Q), *b.proof["pi_a"][1:]],
                }
            }
        ),
        "ProofPointError",
    ),
    "another circuit": (
        lambda b: b.model_copy(update={"circuit_id": "00" * 32}),
        "WrongCircuit",
    ),
    "another key": (lambda b: b.model_copy(update={"vk_sha256": "00" * 32}), "WrongKey"),
}


@counted("attacks")
@pytest.mark.parametrize("name", BUNDLES)
def test_verify_and_rank_say_no_to(stage, alice, tmp_path, name):
    change, reason = BUNDLES[name]
    verdict = stage.run_verify(change(alice), tmp_path, "--allow-dev")
    assert (verdict.code, verdict.json["valid"], verdict.json["reason"]) == (1, False, reason)
    ranking = stage.run_rank(change(alice), tmp_path, "--allow-dev")
    assert (ranking.code, ranking.json["ranking"]) == (1, [])


def test_an_honest_proof_is_accepted_by_both(stage, alice, tmp_path):
    verdict = stage.run_verify(alice, tmp_path, "--allow-dev")
    assert (verdict.code, verdict.json["correct"]) == (0, alice.signals[K])
    ranking = stage.run_rank(alice, tmp_path, "--allow-dev")
    assert (ranking.code, ranking.json["leader"]) == (0, ALICE)


FLAGS = {
    "another submitter": (("--context", MALLORY), "WrongContext"),
    "another round": (("--context", "toy/round-2/alice"), "WrongContext"),
    "another batch": (("--batch", 1), "WrongContext"),
    "a pool": (("--pool-root", POOL_ROOT), "WrongContext"),
    "another commitment": (("--commitment", 5), "WrongCommitment"),
}


@counted("attacks")
@pytest.mark.parametrize("name", FLAGS)
def test_verify_for(stage, alice, tmp_path, name):
    flags, reason = FLAGS[name]
    verdict = stage.run_verify(alice, tmp_path, *flags, "--allow-dev")
    assert (verdict.code, verdict.json["reason"]) == (1, reason)


@counted("attacks")
@pytest.mark.parametrize(
    "flags",
    [
        ("--batch", FIELD),
        ("--batch", -1),
        ("--context", ""),
        ("--context", "toy/\udcff"),
        ("--pool-root", "ab"),
        ("--pool-root", "x" * 64),
        ("--commitment", "1" * 5000),
        ("--commitment", "\N{ARABIC-INDIC DIGIT THREE}"),
        ("--commitment", "-5"),
    ],
    ids=["p", "minus one", "nothing", "no text", "short", "no hex", "long", "digits", "negative"],
)
def test_options_that_say_nothing(stage, alice, tmp_path, flags):
    assert stage.run_verify(alice, tmp_path, *flags, "--allow-dev").code == 2


@counted("attacks")
@pytest.mark.parametrize("change", ["a pixel", "a label", "the order"])
def test_verify_against_other_data(stage, alice, tmp_path, change):
    with np.load(stage.task.data) as arrays:
        x, y = arrays["x"].copy(), arrays["y"].copy()
    if change == "a pixel":
        x[2, 2] = -x[2, 2]
    elif change == "a label":
        y[2] = (y[2] + 1) % 3
    else:
        x, y = x[::-1], y[::-1]
    np.savez(tmp_path / "other.npz", x=x, y=y)
    verdict = stage.run_verify(alice, tmp_path, "--allow-dev", data=tmp_path / "other.npz")
    assert (verdict.code, verdict.json["reason"]) == (1, "WrongData")


@counted("attacks")
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"proof": {}}', "[" * 100_000, "\0"])
def test_verify_something_that_is_no_bundle(stage, tmp_path, text):
    (tmp_path / "bundle.json").write_text(text)
    where = ("--build", stage.task.build.folder, "--data", stage.task.data, "--context", ALICE)
    outcome = zkpot("verify", tmp_path / "bundle.json", *where, "--allow-dev", "--json")
    assert outcome.code == 2 and outcome.json["error"]["kind"] == "InputError"


@counted("attacks")
def test_development_keys_without_the_flag(stage, alice, tmp_path):
    for run in (stage.run_verify, stage.run_rank):
        outcome = run(alice, tmp_path)
        assert outcome.code == 1 and "development key" in outcome.out + outcome.err


@counted("attacks")
def test_a_ranking_with_every_kind_of_replay(stage, alice, mallory, tmp_path: Path):
    """One honest bundle among copies of it: it counts, once; the registry says for whom."""
    handed_in = {
        "alice": alice,
        "copy": alice,
        "new": alice.model_copy(update={"proof": blinded(stage.task.keys.vk, alice.proof, 3)}),
        "renamed": renamed(alice, MALLORY),
        "inflated": with_signal(alice, K, SAMPLES),
        "late": mallory,
    }
    paths = [tmp_path / f"{name}.json" for name in handed_in]
    for path, bundle in zip(paths, handed_in.values(), strict=True):
        write_bundle(path, bundle)
    write_registry(tmp_path / "registry", {ALICE: alice.signals[0]})
    outcome = zkpot(
        *("rank", *paths, "--build", stage.task.build.folder, "--data", stage.task.data),
        *("--registry", tmp_path / "registry", "--round", ROUND, "--beacon", "2a"),
        *("--allow-dev", "--json"),
    )
    report = json.loads(outcome.out)
    assert outcome.code == 0
    assert [entry["context"] for entry in report["ranking"]] == [ALICE]
    assert {Path(e["bundle"]).stem: e["reason"] for e in report["refused"]} == {
        "copy": "duplicate",
        "new": "duplicate",
        "renamed": "unregistered",
        "inflated": "false proof",
        "late": "unregistered",
    }
