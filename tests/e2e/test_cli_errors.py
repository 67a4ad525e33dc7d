"""Bad input and bad luck: a clear error, its exit code, and nothing half-written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from trial import COMPILE, CONTEXT, Outcome, Trial, contents, refused, zkpot


@pytest.fixture
def model(trial: Trial) -> onnx.ModelProto:
    return onnx.load(trial.file("int8.onnx"))


# models


@pytest.mark.parametrize("content", [b"", b"not an onnx file", bytes(1000)])
@pytest.mark.parametrize("command", ["quantize", "check", "estimate", "compile", "explain"])
def test_not_an_onnx_file(trial: Trial, tmp_path: Path, command: str, content: bytes) -> None:
    model, train = tmp_path / "model.onnx", trial.file("train.npz")
    model.write_bytes(content)
    options = {
        "quantize": ("--calibration", train, "--out", tmp_path / "out.onnx"),
        "check": ("--data", train),
        "estimate": COMPILE[:2],
        "compile": (*COMPILE, tmp_path / "build"),
        "explain": (),
    }
    refused(zkpot(command, model, *options[command], "--json"), 2, "model.onnx")
    assert list(contents(tmp_path)) == ["model.onnx"]


def test_a_float_model(trial: Trial, tmp_path: Path) -> None:
    outcome = zkpot("compile", trial.file("float.onnx"), *COMPILE, tmp_path / "build", "--json")
    refused(outcome, 2, "'fc1' (Gemm)", "no dequantized 8-bit tensor")
    assert list(tmp_path.iterdir()) == []


def test_an_unsupported_operator(trial: Trial, tmp_path: Path, model: onnx.ModelProto) -> None:
    output = model.graph.output[0].name
    model.graph.node.append(helper.make_node("Det", [output], ["wave"], name="the_determinant"))
    model.graph.output[0].name = "wave"
    onnx.save(model, tmp_path / "determinant.onnx")
    outcome = zkpot("compile", tmp_path / "determinant.onnx", *COMPILE, tmp_path / "build")
    refused(outcome, 2, "'the_determinant' (Det)", "nearest supported form: ", "zkpot ops")
    assert list(contents(tmp_path)) == ["determinant.onnx"]


def test_weights_beyond_the_declared_width(trial: Trial, tmp_path: Path) -> None:
    outcome = zkpot(
        *("compile", trial.file("int8.onnx"), *COMPILE, tmp_path / "build", "--weight-bits", 4)
    )
    refused(outcome, 2, "the task declares [-8, 7]")
    assert list(tmp_path.iterdir()) == []


# data


def corrupted(trial: Trial, out: Path, change: Callable[[dict[str, np.ndarray]], object]) -> Path:
    with np.load(trial.file("test.npz")) as loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    change(arrays)
    np.savez(out, **arrays)
    return out


DATA: dict[str, tuple[Callable[[dict[str, np.ndarray]], object], str]] = {
    "NaN": (lambda d: d["x"].__setitem__((2, 5), np.nan), "sample 2 holds NaN"),
    "infinity": (lambda d: d["x"].__setitem__((7, 0), -np.inf), "sample 7 holds NaN or infinity"),
    "label 10": (lambda d: d["y"].__setitem__(4, 10), "label 10 of sample 4 is out of range"),
    "label -1": (lambda d: d["y"].__setitem__(0, -1), "label -1 of sample 0 is out of range"),
    "float labels": (lambda d: d.update(y=d["y"] + 0.5), "type float64"),
    "shape": (lambda d: d.update(x=d["x"].reshape(-1, 8, 8)), "shape [8, 8]"),
    "a row less": (lambda d: d.update(x=d["x"][:-1], y=d["y"][:-1]), "exactly 8"),
    "unequal": (lambda d: d.update(y=d["y"][:-1]), "there are 8 samples"),
    "no y": (lambda d: d.pop("y"), "lacks an array y"),
    "no x": (lambda d: d.pop("x"), "lacks an array x"),
    "text": (lambda d: d.update(x=np.full((8, 64), "a")), "type <U1"),
    "pickle": (lambda d: d.update(x=np.array([{}] * 8, object)), "plain numbers"),
    "copies": (lambda d: d["x"].__setitem__(5, d["x"][1]), "samples 1 and 5 of the test set"),
}


@pytest.mark.parametrize("name", DATA)
def test_data_that_can_not_be_proven_on(trial: Trial, tmp_path: Path, name: str) -> None:
    change, message = DATA[name]
    data = corrupted(trial, tmp_path / "data.npz", change)
    refused(trial.prove(tmp_path / "proof", data=data), 2, message)
    assert list(contents(tmp_path)) == ["data.npz"]
    if name != "copies":
        refused(trial.verify(data=data), 2, message)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x93NUMPY"])
def test_data_that_is_no_npz(trial: Trial, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.npz").write_bytes(content)
    refused(zkpot("check", trial.file("int8.onnx"), "--data", tmp_path / "data.npz"), 2, "data.npz")
    refused(trial.prove(tmp_path / "proof", data=tmp_path / "data.npz"), 2, "data.npz")
    refused(trial.prove(tmp_path / "proof", data=tmp_path / "absent.npz"), 2, "no file")
    assert list(contents(tmp_path)) == ["data.npz"]


# builds, keys, bundles


def prove_with(trial: Trial, build: Path, out: Path) -> Outcome:
    return zkpot(
        *("prove", build, "--model", trial.file("int8.onnx"), "--data", trial.file("test.npz")),
        *("--context", CONTEXT, "--out", out),
    )


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def test_a_truncated_zkey(trial: Trial, copy: Path, tmp_path: Path) -> None:
    truncate(copy / "circuit_final.zkey")
    refused(prove_with(trial, copy, tmp_path / "p"), 2, "circuit_final.zkey", "SHA-256 differs")
    assert not (tmp_path / "p").exists()


def test_a_truncated_zkey_is_not_adopted(copy: Path, tmp_path: Path, ptau: Path) -> None:
    before = contents(copy)
    (tmp_path / "cut.zkey").write_bytes(b"zkey\x01\x00\x00\x00")
    outcome = zkpot("setup", copy, "--ptau", ptau, "--zkey", tmp_path / "cut.zkey")
    refused(outcome, 2)
    assert contents(copy) == before


def test_a_truncated_or_small_ptau(copy: Path, tmp_path: Path, ptau: Path) -> None:
    before, cut = contents(copy), tmp_path / "cut.ptau"
    cut.write_bytes(ptau.read_bytes()[:-100])
    refused(zkpot("setup", copy, "--ptau", cut, "--json"), 2, "not a whole ptau file")
    refused(zkpot("setup", copy, "--ptau", ptau), 2, "serves 2^4 rows", "need 2^14")
    refused(zkpot("setup", copy, "--ptau", tmp_path / "absent.ptau"), 2, "absent.ptau")
    assert contents(copy) == before


def test_setup_options_that_contradict(copy: Path, ptau: Path) -> None:
    before = contents(copy)
    refused(zkpot("setup", copy), 2, "--ptau FILE, or --dev")
    refused(zkpot("setup", copy, "--dev", "--ptau", ptau), 2, "no other source")
    refused(
        zkpot("setup", copy, "--ptau", ptau, "--zkey", ptau, "--contribution", "a"),
        2,
        "--zkey",
    )
    assert contents(copy) == before


def test_a_doctored_circuit_never_sees_the_weights(
    trial: Trial, copy: Path, tmp_path: Path
) -> None:
    """Its own digest is corrected, as a publisher would: what counts is what is compiled here."""
    wasm = copy / "circuit_js" / "circuit.wasm"
    wasm.write_bytes(wasm.read_bytes().replace(b"Assert", b"Leaked") + b"\x00")
    record = json.loads((copy / "circuit.json").read_text())
    record["files"]["circuit_js/circuit.wasm"] = hashlib.sha256(wasm.read_bytes()).hexdigest()
    (copy / "circuit.json").write_text(json.dumps(record))
    outcome = prove_with(trial, copy, tmp_path / "p")
    refused(outcome, 2, "circuit.wasm is not what this architecture compiles to")


def test_a_changed_record(trial: Trial, copy: Path, tmp_path: Path) -> None:
    path = copy / "circuit.json"
    path.write_text(path.read_text().replace('"samples": 8', '"samples": 9'))
    refused(prove_with(trial, copy, tmp_path / "p"), 2, "circuit.json")
    path.write_text("{")
    refused(prove_with(trial, copy, tmp_path / "p"), 2, "not a circuit record")
    path.unlink()
    refused(prove_with(trial, copy, tmp_path / "p"), 2, "is no build")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "zkpot-bundle/1"}', "\x00"])
def test_a_file_that_is_no_bundle(trial: Trial, tmp_path: Path, content: str) -> None:
    bundle = tmp_path / "bundle"
    bundle.write_text(content)
    options = ("--build", trial.build, "--data", trial.file("test.npz"), "--context", CONTEXT)
    refused(zkpot("verify", bundle, *options, "--allow-dev", "--json"), 2, "is not a bundle")
    refused(zkpot("export", bundle, "--out", tmp_path / "out"), 2, "is not a bundle")
    assert list(contents(tmp_path)) == ["bundle"]


def test_compile_keeps_out_of_other_peoples_folders(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    outcome = zkpot("compile", trial.file("int8.onnx"), *COMPILE, tmp_path)
    refused(outcome, 2, "'thesis.tex' in it")
    assert list(contents(tmp_path)) == ["thesis.tex"]
