"""`zkpot audit`: a build's outputs are determined; a hint that nothing ties is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from trial import Trial, zkpot
from zkpot.prover.circom import compile_circuit

LOOSE = """pragma circom 2.1.0;
template Half() {
    signal input in;
    signal output out <-- in / 2;
    signal output same <== in * in;
    signal check <== out * out;
}
component main = Half();
"""


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loose")
    (folder / "half.circom").write_text(LOOSE)
    return compile_circuit(folder / "half.circom", folder, folder / "out").r1cs


def test_a_build_is_compiled_again_and_its_outputs_are_determined(trial: Trial) -> None:
    outcome = zkpot("audit", trial.build, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["sound"] and found["recompiled"]
    assert found["outputs"] == ["main.cm", "main.r", "main.k"]
    assert found["open_outputs"] == []
    assert set(found["open_signals"]) <= {"inverse", "strayInverse", "differInverse"}
    assert found["decided"] == found["signals"] - sum(found["open_signals"].values())
    assert (found["circuit_id"], found["trust"]) == (trial.bundle().circuit_id, "dev")
    assert found["vk_sha256"] == trial.bundle().vk_sha256


def test_it_is_said_in_words(trial: Trial) -> None:
    outcome = zkpot("audit", trial.build)
    assert outcome.code == 0
    assert "output       main.k: determined" in outcome.out
    assert "as compiled again here" in outcome.out


def test_a_hint_that_nothing_ties(loose: Path) -> None:
    outcome = zkpot("audit", loose, "--json")
    assert outcome.code == 1
    assert outcome.json["open_outputs"] == ["main.out"]
    assert outcome.json["circuit_id"] is None
    assert "main.out: not shown to be determined" in zkpot("audit", loose).out


def test_names_are_not_needed(loose: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.r1cs"
    alone.write_bytes(loose.read_bytes())
    assert zkpot("audit", alone, "--json").json["open_outputs"] == ["wire 1"]


def test_what_is_no_circuit(tmp_path: Path, loose: Path) -> None:
    (tmp_path / "rubbish.r1cs").write_bytes(b"no")
    (tmp_path / "named.r1cs").write_bytes(loose.read_bytes())
    (tmp_path / "named.sym").write_text("1,1\n")
    for source in ("rubbish.r1cs", "named.r1cs", "nothing"):
        outcome = zkpot("audit", tmp_path / source, "--json")
        assert outcome.code == 2
        assert outcome.json["error"]["what"]
