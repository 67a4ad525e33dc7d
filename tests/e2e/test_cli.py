"""The whole way on real digits, by the commands of the README, and what each of them prints."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from trial import CONTEXT, SAMPLES, Trial, contents, done, trained, zkpot
from zkpot.cli.main import COMMANDS
from zkpot.compiler.frontend import import_model
from zkpot.compiler.interpret import interpret
from zkpot.prover import process
from zkpot.prover.digest import sha256_of
from zkpot.prover.engine.ptau import dev_ptau
from zkpot.prover.toolchain import Toolchain

# the path


def test_the_proof_counts_what_the_integers_classify(trial: Trial) -> None:
    imported, dataset = import_model(trial.file("int8.onnx")), trial.dataset()
    values = interpret(imported.graph, dataset.data, imported.values)
    correct = int((values[imported.graph.output].argmax(-1) == dataset.labels).sum())
    said = trial.said["prove"]
    assert (said["correct"], said["samples"]) == (correct, SAMPLES)
    assert said["cm"] == trial.said["commit"]["cm"]
    assert said["trust"] == "dev"
    assert said["bundle"] == str(trial.file("proof.json"))
    assert said["dataset"] == dataset.digest


def test_the_digests_to_pin_are_printed_by_all_who_make_them(trial: Trial) -> None:
    """What a task is announced with, and verifiers give to --circuit and --key."""
    said, key = trial.said, sha256_of(trial.build / "verification_key.json")
    circuit = json.loads((trial.build / "circuit.json").read_text())["circuit_id"]
    assert {said[name]["circuit_id"] for name in ("compile", "setup", "prove")} == {circuit}
    assert {said[name]["vk_sha256"] for name in ("setup", "prove")} == {key}
    assert trial.verify("--circuit", circuit, "--key", key).code == 0
    assert trial.verify("--circuit", circuit, "--key", circuit).json["reason"] == "WrongKey"
    assert trial.verify("--circuit", key, "--key", key).json["reason"] == "WrongCircuit"


def test_verify_says_what_prove_said(trial: Trial) -> None:
    outcome = trial.verify("--commitment", trial.said["commit"]["cm"])
    expected = {"valid": True, "trust": "dev", "context": CONTEXT}
    expected |= {key: trial.said["prove"][key] for key in ("correct", "samples", "cm")}
    assert (outcome.code, outcome.json) == (0, expected)
    assert "can forge any proof" in outcome.err


def test_every_build_file_is_in_its_record_and_no_weight_is(trial: Trial) -> None:
    record = json.loads((trial.build / "circuit.json").read_text())
    named = {"architecture.onnx", "circuit.circom", "circuit.r1cs", "circuit.sym"}
    assert named | {"circuit_js/circuit.wasm"} <= set(record["files"])
    assert not any(v.any() for v in import_model(trial.build / "architecture.onnx").values.values())


def test_compile_says_what_estimate_had_said(trial: Trial) -> None:
    before, after = trial.said["estimate"], trial.said["compile"]
    for key in ("constraints", "public_signals", "domain_power", "samples"):
        assert before[key] == after[key]
    assert before["oracle"]["ok"]
    assert after["oracle"]["mismatches"] == 0


def test_compiling_again_keeps_the_keys_of_the_same_circuit(trial: Trial, tmp_path: Path) -> None:
    build = Path(shutil.copytree(trial.build, tmp_path / "build"))
    done("compile", trial.file("int8.onnx"), "--samples", SAMPLES, "--out", build)
    assert contents(build) == contents(trial.build)
    done("compile", trial.file("int8.onnx"), "--samples", 2, "--out", build)
    assert not {"keys.json", "circuit_final.zkey"} & set(contents(build))


def test_another_contributor_quantizes_like_the_task(
    trial: Trial, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = digits
    (tmp_path / "mine.onnx").write_bytes(trained(x[300:900], y[300:900], 8, seed=5))
    np.savez(tmp_path / "mine.npz", x=x[300:900])
    model = tmp_path / "mine8.onnx"
    said = done(
        *("quantize", tmp_path / "mine.onnx", "--calibration", tmp_path / "mine.npz"),
        *("--out", model, "--like", trial.build),
    )
    assert said["int8_accuracy"] is None  # no labels were given
    secret = tmp_path / "secret.json"
    cm = zkpot("commit", trial.build, "--model", model, "--out", secret)
    assert cm.code == 0, cm.err
    assert cm.out.strip() == json.loads(secret.read_text())["cm"]
    assert cm.out.strip() != trial.said["commit"]["cm"]
    again = zkpot("commit", trial.build, "--model", model, "--out", secret)
    assert (again.code, "overwriting a secret" in again.err) == (2, True)
    stranger = trial.prove(tmp_path / "p", model=model, secret=trial.file("secret.json"))
    assert stranger.code == 2
    assert "commits to other weights" in stranger.err
    assert not (tmp_path / "p").exists()


def test_check_finds_nothing_to_complain_of(trial: Trial) -> None:
    outcome = zkpot("check", trial.file("int8.onnx"), "--data", trial.file("train.npz"))
    assert outcome.code == 0
    assert "0 of" in outcome.out


def test_explain_agrees_with_the_compiled_circuit(trial: Trial) -> None:
    explained = done("explain", trial.build)
    assert explained["constraints"] == trial.said["compile"]["constraints"]
    assert sum(line["constraints"] for line in explained["lines"]) == explained["constraints"]
    assert explained["samples"] == SAMPLES
    model = done("explain", trial.file("int8.onnx"), "--samples", SAMPLES)
    assert model == explained


def test_doctor_finds_the_pinned_tools(tmp_path: Path) -> None:
    found = {f["name"]: f for f in done("doctor", "--folder", tmp_path)["findings"]}
    assert found["circom2 and snarkjs"]["health"] == "ok"
    assert "snarkjs 0.7.6" in found["circom2 and snarkjs"]["detail"]


def test_doctor_misses_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = zkpot("doctor", "--json")
    assert outcome.code == 3
    failed = [f for f in outcome.json["findings"] if f["health"] == "fail"]
    assert [f["name"] for f in failed] == ["node"]
    assert all(f["remedy"] for f in failed)


def test_snarkjs_itself_accepts_the_exported_proof(
    trial: Trial, tools: Toolchain, tmp_path: Path
) -> None:
    said = done("export", trial.file("proof.json"), "--out", tmp_path)
    assert "only the pairing" in said["note"]
    key = trial.build / "verification_key.json"
    args = ["groth16", "verify", key, said["public"], said["proof"]]
    shown = tools.run("snarkjs", args, cwd=tmp_path, timeout_s=120, what="verify")
    assert (shown.returncode, "OK!" in shown.stdout) == (0, True)


def test_a_dev_key_is_refused_unless_allowed(trial: Trial) -> None:
    args = ("--build", trial.build, "--data", trial.file("test.npz"), "--context", CONTEXT)
    outcome = zkpot("verify", trial.file("proof.json"), *args, "--json")
    assert outcome.code == 1
    assert (outcome.json["valid"], outcome.json["reason"]) == (False, "WrongKey")


# help and errors in general


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_comes_with_json_and_an_example(name: str) -> None:
    outcome = zkpot(name, "--help")
    assert outcome.code == 0
    assert "--json" in outcome.out
    if name not in ("rank", "demo"):
        assert f"zkpot {name}" in outcome.out.split("Example", 1)[1]


def test_the_program_prints_only_the_result_on_standard_output(trial: Trial) -> None:
    argv = [sys.executable, "-m", "zkpot.cli", "verify", str(trial.file("proof.json"))]
    argv += ["--build", str(trial.build), "--data", str(trial.file("test.npz"))]
    argv += ["--context", CONTEXT, "--allow-dev", "--json"]
    ran = process.run(argv, cwd=trial.folder, timeout_s=120, what="verify")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["correct"] == trial.said["prove"]["correct"]
    ran = process.run([*argv, "--no-such-option"], cwd=trial.folder, timeout_s=60, what="verify")
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["error"]["kind"] == "UsageError"


def test_help_is_quick_for_it_imports_no_numerics() -> None:
    code = "import sys, zkpot.cli.main as m; m.run(['--help']); print(sorted(sys.modules))"
    argv = [sys.executable, "-c", code]
    ran = process.run(argv, cwd=Path.cwd(), timeout_s=60, what="help")
    assert "Exit codes:" in ran.stdout
    assert not any(f"'{name}'" in ran.stdout for name in ("numpy", "onnx", "numba", "pydantic"))


# keys that count


def test_a_ceremonys_key_needs_no_allowance(
    tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    """A model of a few weights, so that snarkjs's own setup takes seconds."""
    x, y = digits[0][:300, 18:24], digits[1][:300] % 3
    (tmp_path / "float.onnx").write_bytes(trained(x, y, 3))
    np.savez(tmp_path / "train.npz", x=x, y=y)
    np.savez(tmp_path / "test.npz", x=x[:2], y=y[:2])
    model, build, ptau = tmp_path / "int8.onnx", tmp_path / "build", tmp_path / "pot.ptau"
    train = ("--calibration", tmp_path / "train.npz")
    done("quantize", tmp_path / "float.onnx", *train, "--out", model)
    power = done("estimate", model, "--samples", 2)["ptau_power"]
    dev_ptau(power, ptau)
    done("compile", model, "--samples", 2, "--out", build)
    said = done(
        *("setup", build, "--ptau", ptau, "--contribution", "alice", "--contribution", "bob"),
        *("--beacon", "0102030405060708"),
    )
    assert said["trust"] == "contributed"
    assert [step["name"] for step in said["contributions"]] == ["alice", "bob", "beacon"]
    proof, test = tmp_path / "proof.json", ("--data", tmp_path / "test.npz", "--context", "a/b")
    proved = done("prove", build, "--model", model, *test, "--out", proof)
    (build / "circuit_final.zkey").unlink()
    verified = done("verify", proof, "--build", build, *test)
    assert verified["trust"] == proved["trust"] == "contributed"
    assert verified["correct"] == proved["correct"]
    other = zkpot("compile", model, "--samples", 3, "--out", build)
    assert (other.code, "would remove them" in other.err) == (2, True)
