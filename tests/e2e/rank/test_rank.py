"""A small round with real proofs: what counts, and everything that somebody might hand in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from toy_task import (
    POOL_ROOT,
    ROUND,
    SAMPLES,
    correct,
    counted,
    dataset,
    invoke,
    reasons,
    rerandomized,
    with_signal,
)
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.consensus.demo.cheats import passed_off, relabelled, renamed, with_k
from zkpot.consensus.registry import write_registry
from zkpot.consensus.submission import read_submission
from zkpot.prover.bundle import write_bundle


def test_valid_bundles_are_ranked_by_what_the_integers_give(task, alice, bob, run):
    ranking = run({"a.json": alice, "b.json": bob})
    expected = {"alice": correct(task, "first"), "bob": correct(task, "second")}
    assert {e.contributor: e.correct for e in ranking.ranked} == expected
    assert [e.correct for e in ranking.ranked] == sorted(expected.values(), reverse=True)
    assert not ranking.refused
    assert ranking.trust == "dev"
    assert {e.cm for e in ranking.ranked} == {task.models[m].cm for m in ("first", "second")}


def test_every_edit_of_a_bundle_is_refused_by_its_name(task, alice, bob, run):
    k = int(alice.public[2])
    edited = {
        "k": with_k(alice, k + 1),
        "cm": with_signal(alice, 0, task.models["second"].cm),
        "r": with_signal(alice, 1, 5),
        "ctx": with_signal(alice, 3, 5),
        "dataset": with_signal(alice, 4, 5),
        "u": with_signal(alice, 5, 5),
        "labels": with_signal(alice, -1, int(alice.public[-1]) ^ 1),
        "above-the-field": with_signal(alice, 2, k + FIELD),
        "too-few": alice.model_copy(update={"public": alice.public[:-1]}),
        "renamed": renamed(alice, f"{ROUND}/eve"),
        "circuit": alice.model_copy(update={"circuit_id": "0" * 64}),
        "key": alice.model_copy(update={"vk_sha256": "0" * 64}),
        "other-data": alice.model_copy(update={"dataset": "0" * 64}),
        "no-name": renamed(alice, f"{ROUND}/"),
        "empty-proof": alice.model_copy(update={"proof": {}}),
        "swapped-proof": alice.model_copy(update={"proof": bob.proof}),
        "point": alice.model_copy(update={"proof": {**alice.proof, "pi_a": ["1", "1", "1"]}}),
    }
    ranking = run({**edited, "bob": bob})
    assert counted(ranking) == {"bob"}
    assert reasons(ranking) == {
        "k": "false proof",
        "cm": "false proof",
        "r": "wrong data",
        "ctx": "wrong context",
        "dataset": "wrong data",
        "u": "wrong data",
        "labels": "wrong data",
        "above-the-field": "out-of-field signal",
        "too-few": "malformed signals",
        "renamed": "wrong context",
        "circuit": "wrong circuit",
        "key": "wrong key",
        "other-data": "wrong data",
        "no-name": "wrong context",
        "empty-proof": "malformed proof",
        "swapped-proof": "false proof",
        "point": "malformed proof",
    }
    assert all(entry.why for entry in ranking.refused)


def test_a_true_proof_about_labels_of_one_s_own_choice(task, bob, run):
    easy = relabelled(task.build.circuit, task.models["first"].imported, task.dataset)
    perfect = task.proof("first", f"{ROUND}/dave", easy)
    assert perfect.public[2] == str(SAMPLES)
    assert counted(run({"d": perfect}, easy)) == {"d"}
    said = passed_off(perfect, task.dataset)
    digest = with_signal(said, 4, task.dataset.field)
    labels = digest.model_copy(update={"public": [*digest.public[:-1], bob.public[-1]]})
    ranking = run({"as it is": perfect, "said": said, "digest": digest, "all": labels})
    assert reasons(ranking) == {
        "as it is": "wrong data",
        "said": "wrong data",
        "digest": "wrong data",
        "all": "false proof",
    }


def test_another_test_set_than_the_proof_s(task, alice, run, tmp_path):
    with np.load(task.data) as arrays:
        x, y = arrays["x"].copy(), arrays["y"].copy()
    x[0, 0] += 1
    np.savez(tmp_path / "pixel.npz", x=x, y=y)
    assert reasons(run({"a": alice}, dataset(task.build, tmp_path / "pixel.npz"))) == {
        "a": "wrong data"
    }


def test_the_same_statement_counts_once_whatever_its_proof(alice, bob, others, run):
    replayed = {
        "alice": alice,
        "copy": alice,
        "re-randomized": rerandomized(alice, 7),
        "proved again": others["again"],
        "bob": bob,
    }
    assert rerandomized(alice, 7).proof["pi_a"] != alice.proof["pi_a"]
    assert counted(run({"re-randomized": rerandomized(alice, 7)})) == {"re-randomized"}
    ranking = run(replayed)
    assert counted(ranking) == {"alice", "bob"}
    assert reasons(ranking) == dict.fromkeys(("copy", "re-randomized", "proved again"), "duplicate")


def test_one_contributor_with_two_models_has_none(alice, bob, others, run):
    ranking = run({"alice": alice, "b": bob, "x": others["second-model"]})
    assert counted(ranking) == {"b"}
    assert reasons(ranking) == {"alice": "two proofs", "x": "two proofs"}


def test_a_registry_says_which_of_two_models_is_the_contributor_s(task, alice, others, run):
    registry = {f"{ROUND}/alice": task.models["first"].cm}
    ranking = run({"a": alice, "x": others["second-model"]}, registry=registry)
    assert counted(ranking) == {"a"}
    assert reasons(ranking) == {"x": "wrong commitment"}


def test_one_model_under_two_names_counts_once(alice, others, run):
    ranking = run({"a": alice, "m": others["same-model"]})
    assert counted(ranking) == {"a"}
    assert reasons(ranking) == {"m": "copied commitment"}


def test_a_registry_lists_the_withheld_and_refuses_the_unregistered(task, alice, bob, others, run):
    cm = task.models["first"].cm
    registry = {f"{ROUND}/{name}": cm for name in ("alice", "carol")}
    ranking = run({"a": alice, "b": bob, "m": others["same-model"]}, registry=registry)
    assert counted(ranking) == {"a"}
    assert [(e.bundle, e.context, e.reason) for e in ranking.refused] == [
        ("b", f"{ROUND}/bob", "unregistered"),
        ("m", f"{ROUND}/mallory", "unregistered"),
        (None, f"{ROUND}/carol", "withheld"),
    ]


def test_last_round_s_proof_is_a_replay(alice, bob, others, run):
    bundles = {"a": alice, "old": others["old"], "b": bob}
    assert reasons(run(bundles, round_name=ROUND)) == {"old": "wrong context"}
    assert reasons(run(bundles, round_name="toy/round-0")) == dict.fromkeys("ab", "wrong context")
    assert reasons(run({"renamed": renamed(others["old"], f"{ROUND}/alice")})) == {
        "renamed": "wrong context"
    }


def test_bundles_of_several_rounds_need_the_round(task, alice, others, tmp_path):
    paths = [tmp_path / "alice.json", tmp_path / "old.json"]
    for path, bundle in zip(paths, (alice, others["old"]), strict=True):
        write_bundle(path, bundle)
    for order in (paths, paths[::-1]):
        error = invoke(task, *map(str, order), "--allow-dev").exception
        assert isinstance(error, InputError)
        assert (error.why, "--round" in error.remedy) == (f"'toy/round-0', '{ROUND}'", True)
        arguments = (*map(str, order), "--allow-dev", "--json", "--round", ROUND)
        report = json.loads(invoke(task, *arguments).stdout)
        assert (report["leader"], len(report["refused"])) == (f"{ROUND}/alice", 1)


def test_the_pool_and_the_batch_are_part_of_the_context(task, alice, run):
    bundle = task.proof("first", f"{ROUND}/alice", pool_root=POOL_ROOT, batch=3)
    assert counted(run({"p": bundle}, pool_root=POOL_ROOT, batch=3)) == {"p"}
    for terms in ({}, {"pool_root": POOL_ROOT}, {"batch": 3}):
        assert reasons(run({"p": bundle}, **terms)) == {"p": "wrong context"}
    assert reasons(run({"a": alice}, pool_root=POOL_ROOT)) == {"a": "wrong context"}


def test_one_bad_file_doesnt_stop_the_others(task, files):
    result = invoke(task, *files, "--allow-dev", "--json", "--beacon", "2a")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    expected = {"alice": correct(task, "first"), "bob": correct(task, "second")}
    assert {e["contributor"]: e["correct"] for e in report["ranking"]} == expected
    assert report["leader"] == report["ranking"][0]["context"]
    assert (report["trust"], report["beacon"]) == ("dev", "2a")
    unreadable = {Path(e["bundle"]).name: e["reason"] for e in report["refused"]}
    names = ("cut", "none", "list", "deep", "bytes")
    assert unreadable == {f"{name}.json": "unreadable bundle" for name in names}
    first = report["ranking"][0]
    assert set(first) == {
        *("rank", "context", "contributor", "bundle", "correct", "samples", "accuracy"),
        *("low", "high", "overlaps_leader", "cm"),
    }
    assert (first["rank"], first["samples"]) == (1, SAMPLES)
    assert first["accuracy"] == first["correct"] / SAMPLES


def test_the_table(task, files, tmp_path):
    registry = {
        f"{ROUND}/{n}": task.models[m].cm for n, m in (("alice", "first"), ("zoe", "third"))
    }
    write_registry(tmp_path / "registry.json", registry)
    arguments = ("--allow-dev", "--registry", str(tmp_path / "registry.json"), "--beacon", "2a")
    result = invoke(task, *files, *arguments)
    assert result.exit_code == 0, result.output
    for text in ("alice", f"{correct(task, 'first')} / {SAMPLES}", "withheld", "unregistered"):
        assert text in result.stdout
    assert "development keys" in result.stderr
    assert "--beacon" not in result.stderr


def test_none_counts(task, files):
    result = invoke(task, files[0], "--allow-dev")
    assert result.exit_code == 1
    assert "No bundle counts" in result.stdout
    assert "no --registry" in result.stderr
    assert "no --beacon" in result.stderr


def test_the_default_beacon_is_the_data_s_digest(task, files):
    result = invoke(task, files[1], "--allow-dev", "--json")
    assert json.loads(result.stdout)["beacon"] == task.dataset.digest


@pytest.mark.parametrize("option", [("--beacon", "xy"), ("--pool-root", "ab"), ("--batch", "-1")])
def test_options_that_cant_be_meant(task, files, option):
    assert invoke(task, files[1], "--allow-dev", *option).exit_code == 2


def test_development_keys_need_a_flag(task, files):
    result = invoke(task, files[1])
    assert result.exit_code != 0
    assert "development key" in str(result.exception)


def test_a_registry_of_several_rounds_needs_the_round(task, alice, files, tmp_path):
    registry = {f"{ROUND}/alice": task.models["first"].cm, "toy/round-2/alice": 5}
    write_registry(tmp_path / "registry.json", registry)
    arguments = (files[1], "--allow-dev", "--registry", str(tmp_path / "registry.json"), "--json")
    assert "several rounds" in str(invoke(task, *arguments).exception)
    report = json.loads(invoke(task, *arguments, "--round", ROUND).stdout)
    assert (len(report["ranking"]), report["refused"]) == (1, [])


def test_names_from_bundles_cant_steer_the_terminal(task, alice, bob, tmp_path):
    write_bundle(tmp_path / "bob.json", bob)
    for context in (f"{ROUND}/\x1b[2Jeve", f"{ROUND}/[red]eve[/red]"):
        write_bundle(tmp_path / "eve.json", renamed(alice, context))
        files = (str(tmp_path / "bob.json"), str(tmp_path / "eve.json"))
        result = invoke(task, *files, "--allow-dev")
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout
        assert "eve" in result.stdout


def test_a_submission_that_cant_be_read_is_kept(tmp_path):
    submission = read_submission(tmp_path / "none.json")
    assert submission.context is None
    assert "can't be read" in str(submission.content)
