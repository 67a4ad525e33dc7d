"""The demonstration: its parts, a small round of it, and all of it (long)."""

from __future__ import annotations

import json
import runpy
import shlex
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner
from zkpot.cli.demo import demo
from zkpot.cli.rank import rank
from zkpot.compiler.errors import InputError
from zkpot.consensus.beacon import beacon_value
from zkpot.consensus.demo import training
from zkpot.consensus.demo.digits import POOL, POOR_SAMPLES, PUBLIC, load_digits, poor, shares
from zkpot.consensus.demo.round import NAMES
from zkpot.consensus.draw import draw
from zkpot.consensus.registry import read_registry

REFUSALS = {
    "dave-inflated.json": "false proof",
    "dave-relabelled.json": "wrong data",
    "eve-copied.json": "wrong context",
}


def test_no_digit_is_in_two_shares():
    digits = load_digits()
    divided = shares(digits, NAMES, seed=3)
    parts = [divided.public, divided.pool, *divided.training.values()]
    rows = [row.tobytes() for part in parts for row in part.x]
    assert len(rows) == len(set(rows)) == len(digits) == 1797
    assert (len(divided.public), len(divided.pool)) == (PUBLIC, POOL)
    assert sorted(len(part) for part in divided.training.values()) == [239, 239, 239, 240, 240]
    again = shares(digits, NAMES, seed=3)
    assert np.array_equal(divided.pool.x, again.pool.x)
    assert not np.array_equal(divided.pool.x, shares(digits, NAMES, seed=4).pool.x)


def test_poor_data_are_few_and_noisy():
    digits = load_digits()
    spoiled = poor(digits, seed=1)
    assert len(spoiled) == POOR_SAMPLES
    assert np.array_equal(spoiled.x, digits.x[:POOR_SAMPLES])
    assert 0.2 < (spoiled.y != digits.y[:POOR_SAMPLES]).mean() < 0.5


def test_training_is_reproducible():
    data = load_digits().take(np.arange(100))
    assert training.train(data, 1, epochs=3) == training.train(data, 1, epochs=3)
    assert training.train(data, 1, epochs=3) != training.train(data, 2, epochs=3)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    result = CliRunner().invoke(demo, ["--out", str(tmp_path / "out")])
    assert isinstance(result.exception, InputError)
    assert "zkpot[demo]" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(demo, ["--out", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("arguments", [["--samples", "0"], ["--samples", "401"], ["--seed", "-1"]])
def test_numbers_that_cant_be_meant(arguments):
    assert CliRunner().invoke(demo, arguments).exit_code == 2


def test_a_small_round_ends_as_it_should_and_can_be_ranked_again(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "HIDDEN", (4,))
    out = tmp_path / "out"
    result = CliRunner().invoke(demo, ["--samples", "6", "--out", str(out)])
    assert result.exit_code == 0, result.output
    for text in ("alice", "bob", "carol", "false proof", "wrong data", "wrong context", "Wilson"):
        assert text in result.stdout
    _check_draw(out)
    line = next(line for line in result.stdout.splitlines() if line.startswith("Rank them again"))
    program, command, *arguments = shlex.split(line.partition(": ")[2])
    assert (program, command) == ("zkpot", "rank")
    again = CliRunner().invoke(rank, [*arguments, "--json"])
    assert again.exit_code == 0, again.output
    report = json.loads(again.stdout)
    assert {entry["contributor"] for entry in report["ranking"]} == {"alice", "bob", "carol"}
    assert {Path(e["bundle"]).name: e["reason"] for e in report["refused"]} == REFUSALS


def _check_draw(out: Path) -> None:
    """The beacon came from these commitments, and the batch from the beacon."""
    pool, beacon = (json.loads((out / f"{n}.json").read_text()) for n in ("pool", "beacon"))
    registry = read_registry(out / "registry.json")
    value = beacon_value(registry, bytes.fromhex(beacon["randomness"]))
    assert value.hex() == beacon["value"]
    indices = draw(bytes.fromhex(pool["root"]), pool["length"], value, 6)
    assert list(indices) == beacon["indices"]
    expected = shares(load_digits(), NAMES, seed=0).pool.take(list(indices))
    with np.load(out / "batch.npz") as batch:
        assert np.array_equal(batch["x"], expected.x)
        assert np.array_equal(batch["y"], expected.y)


@pytest.mark.long
def test_the_whole_demonstration():
    result = CliRunner().invoke(demo, ["--json", "--seed", "1", "--samples", "100"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["as_expected"]
    assert report["samples"] == 100
    assert report["folder"] is None
    assert {entry["bundle"]: entry["reason"] for entry in report["refused"]} == REFUSALS
    *_, last = report["ranking"]
    assert last["contributor"] == "carol"
    assert not last["overlaps_leader"]
    assert report["ranking"][0]["accuracy"] > 0.7


def test_the_example_proves_what_onnxruntime_gives(tmp_path, monkeypatch):
    examples = Path(__file__).parents[2] / "examples"
    monkeypatch.syspath_prepend(examples)
    proven = runpy.run_path(str(examples / "sklearn_to_proof.py"))["main"](tmp_path, 10)
    session = onnxruntime.InferenceSession(tmp_path / "int8.onnx")
    with np.load(tmp_path / "test.npz") as test:
        (logits,) = session.run(None, {"x": test["x"]})
        assert proven == (logits.argmax(axis=1) == test["y"]).sum()
