"""zkpot report on a real build and a real proof."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from trial import CONTEXT, SAMPLES, Outcome, Trial, contents, refused, zkpot


def report(trial: Trial, out: Path, *extra: object) -> Outcome:
    return zkpot("report", trial.build, "--out", out, *extra, "--json")


def everything(trial: Trial) -> tuple[object, ...]:
    return (
        *("--bundle", trial.file("proof.json"), "--data", trial.file("test.npz")),
        *("--model", trial.file("float.onnx"), "--int8", trial.file("int8.onnx")),
    )


def test_a_build_alone(trial: Trial, tmp_path: Path) -> None:
    found = report(trial, tmp_path / "r.html")
    assert found.code == 0
    said = found.json
    assert said["constraints"] == trial.said["compile"]["constraints"]
    assert said["proof"] is None
    assert said["accuracies"] == []
    assert said["trust"] == "dev"
    assert said["sizes"]["circuit.r1cs"] == (trial.build / "circuit.r1cs").stat().st_size
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert said["circuit_id"] in text
    assert f"{said['constraints']:,} constraints" in text
    assert str(trial.folder) not in text


def test_a_proof_with_its_models_and_data(trial: Trial, tmp_path: Path) -> None:
    found = report(trial, tmp_path / "r.html", *everything(trial), "--context", CONTEXT)
    assert found.code == 0
    said, k = found.json, trial.said["prove"]["correct"]
    assert said["proof"]["verdict"] == "valid"
    assert not said["proof"]["claimed"]
    assert said["proof"]["cm"] == trial.said["prove"]["cm"]
    counts = {a["source"]: a["correct"] for a in said["accuracies"]}
    assert (counts["int8"], counts["proven"]) == (k, k)
    labels = np.load(trial.file("test.npz"))["y"]
    matrix = np.array(said["confusion"])
    assert matrix.trace() == k
    assert matrix.sum(1).tolist() == np.bincount(labels, minlength=10).tolist()
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert f"Proven: {k} of {SAMPLES} correct" in text
    assert "development key" in found.err


def test_the_floats_accuracy_is_onnxruntimes(trial: Trial, tmp_path: Path) -> None:
    import onnxruntime

    data = np.load(trial.file("test.npz"))
    session = onnxruntime.InferenceSession(trial.file("float.onnx").read_bytes())
    (scores,) = session.run(None, {session.get_inputs()[0].name: data["x"]})
    found = report(trial, tmp_path / "r.html", *everything(trial)).json["accuracies"]
    counts = {a["source"]: a["correct"] for a in found}
    assert counts["float"] == int((scores.argmax(1) == data["y"]).sum())


def test_a_proof_for_another_context_is_shown_as_invalid(trial: Trial, tmp_path: Path) -> None:
    found = report(trial, tmp_path / "r.html", *everything(trial), "--context", "another")
    assert found.code == 1
    assert found.json["proof"]["verdict"] == "invalid"
    assert "proven" not in {a["source"] for a in found.json["accuracies"]}
    assert "Invalid proof" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_without_data_a_proof_is_only_a_claim(trial: Trial, tmp_path: Path) -> None:
    found = report(trial, tmp_path / "r.html", "--bundle", trial.file("proof.json"))
    assert found.code == 0
    assert found.json["proof"]["verdict"] == "not checked"
    assert "Claimed: " in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_recorded_times_are_shown(trial: Trial, tmp_path: Path) -> None:
    times = tmp_path / "times.json"
    times.write_text(json.dumps({"prove": 7.25, "verify": 0.0125}))
    found = report(trial, tmp_path / "r.html", "--times", times)
    assert found.json["seconds"] == {"prove": 7.25, "verify": 0.0125}
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "7.25 s" in text
    assert "0.0125 s" in text


def test_a_build_without_keys_says_so(copy: Path, tmp_path: Path) -> None:
    (copy / "keys.json").unlink()
    outcome = zkpot("report", copy, "--out", tmp_path / "r.html", "--json")
    assert outcome.code == 0
    assert outcome.json["trust"] is None
    assert "no keys yet" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    trial: Trial, tmp_path: Path
) -> None:
    out, junk = tmp_path / "r.html", tmp_path / "junk"
    junk.write_text("[1]")
    data = ("--data", trial.file("test.npz"))
    before = contents(tmp_path)
    for words, *extra in (
        ("a model without data", "--int8", trial.file("int8.onnx")),
        ("is not a record of times", "--times", junk),
        ("is not a bundle", "--bundle", junk),
        ("float model", *data, "--int8", trial.file("float.onnx")),
    ):
        refused(report(trial, out, *extra), 2, words)
    assert contents(tmp_path) == before


def test_it_is_written_whole_or_not_at_all(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused(report(trial, tmp_path / "file" / "r.html"), 2, "can't write")


@pytest.mark.parametrize("root", ["xyz", "abcd"])
def test_a_pool_root_is_a_digest(trial: Trial, tmp_path: Path, root: str) -> None:
    outcome = report(trial, tmp_path / "r.html", "--pool-root", root)
    assert outcome.code == 2
    assert "Merkle root" in outcome.err
