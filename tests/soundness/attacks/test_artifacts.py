"""Tampered builds: another zkey, R1CS or WASM, under the honest manifest or one made to match."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rig.forge import replaced
from stage import ALICE, K, Stage, proved, with_signal
from tally import counted
from toy_task import SAMPLES
from trial import zkpot
from zkpot.prover.binfile import read_sections
from zkpot.prover.build import R1CS, RECORD, SOURCE, SYM, WASM, open_build
from zkpot.prover.circom import compile_circuit
from zkpot.prover.digest import sha256_of
from zkpot.prover.engine.r1cs import read_r1cs
from zkpot.prover.engine.setup import dev_setup
from zkpot.prover.engine.zkey import ZkeyError, verification_key
from zkpot.prover.engine.zkey_check import check_zkey
from zkpot.prover.keys import load_keys, setup_dev
from zkpot.prover.manifest import MANIFEST, VERIFICATION_KEY, ZKEY
from zkpot.prover.verify import Verifier

Edit = Callable[[dict[str, Any]], object]


def edited(path: Path, change: Edit) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def told_truly(build: Path) -> None:
    """Makes both manifests name the files that are there."""
    files = {name: sha256_of(build / name) for name in (SOURCE, R1CS, WASM, SYM)}
    edited(build / RECORD, lambda record: record["files"].update(files))
    keys = {
        "r1cs_sha256": files[R1CS],
        "zkey_sha256": sha256_of(build / ZKEY),
        "vk_sha256": sha256_of(build / VERIFICATION_KEY),
    }
    edited(build / MANIFEST, lambda manifest: manifest.update(keys))


@pytest.fixture(scope="module")
def weak(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build of a publisher whose circuit says k = n, consistent in all its digests and keys."""
    folder = tmp_path_factory.mktemp("weak")
    build, library = stage.copy(folder), folder / "library"
    text = replaced(
        (build / SOURCE).read_text(), r"k <== CountCorrect\([^;]*;", f"k <== {SAMPLES};"
    )
    (build / SOURCE).write_text(text)
    stage.write_library(library)
    compile_circuit(build / SOURCE, library, build, optimize="O1")
    setup_dev(build, build / R1CS)
    told_truly(build)
    return build


@pytest.fixture(scope="module")
def other_zkey(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another setup's proving key for the same circuit."""
    path = tmp_path_factory.mktemp("zkey") / ZKEY
    dev_setup(stage.task.build.file(R1CS), path)
    return path


@pytest.fixture
def spoilt(stage: Stage, weak: Path, other_zkey: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the honest build with one file replaced by a well-formed one of the attacker's."""
    sources = {ZKEY: other_zkey, R1CS: weak / R1CS, WASM: weak / WASM}

    def spoil(name: str, manifest: str) -> Path:
        build = stage.copy(tmp_path)
        assert sources[name].read_bytes() != (build / name).read_bytes()
        (build / name).write_bytes(sources[name].read_bytes())
        if manifest == "adjusted":
            told_truly(build)
        return build

    return spoil


FILES = pytest.mark.parametrize("name", [ZKEY, R1CS, WASM])
MANIFESTS = pytest.mark.parametrize("manifest", ["honest", "adjusted"])


@counted("attacks")
@FILES
@MANIFESTS
def test_proving_with_a_tampered_file(stage, spoilt, tmp_path, name, manifest):
    """It could print weights, or leak them: the prover compiles again and compares."""
    outcome = stage.run_prove(tmp_path, spoilt(name, manifest))
    assert outcome.code == 2, outcome.err
    assert not (tmp_path / "new.json").exists()


@counted("attacks")
@FILES
@MANIFESTS
@pytest.mark.parametrize("command", ["verify", "rank"])
def test_verifying_with_a_tampered_file(stage, alice, spoilt, tmp_path, command, name, manifest):
    """A file that isn't the manifest's stops everything; R1CS and WASM decide nothing here.

    Under a manifest that was made to match them the honest key is still the one that verifies:
    what was true is true, and what was false is false.
    """
    build = spoilt(name, manifest)
    run = stage.run_verify if command == "verify" else stage.run_rank
    inflated = with_signal(alice, K, SAMPLES)
    lie = run(inflated, tmp_path, "--allow-dev", build=build)
    truth = run(alice, tmp_path, "--allow-dev", build=build)
    unread = manifest == "adjusted" and name != ZKEY
    assert (lie.code, truth.code) == ((1, 0) if unread else (2, 2)), (lie.err, truth.err)


@counted("attacks")
@pytest.mark.parametrize("command", ["verify", "rank"])
def test_an_r1cs_that_only_the_circuit_s_manifest_names(stage, alice, weak, tmp_path, command):
    build = stage.copy(tmp_path)
    (build / R1CS).write_bytes((weak / R1CS).read_bytes())
    digest = {R1CS: sha256_of(build / R1CS)}
    edited(build / RECORD, lambda record: record["files"].update(digest))
    run = stage.run_verify if command == "verify" else stage.run_rank
    outcome = run(alice, tmp_path, "--allow-dev", build=build)
    assert outcome.code == 1 and "another circuit" in outcome.out + outcome.err


# a publisher whose circuit proves lies


def lie_of(stage: Stage, weak: Path) -> tuple[Stage, Any]:
    """The weak build as a stage, and a bundle that says k = n for a model that isn't so good."""
    theirs = Stage(replace(stage.task, build=open_build(weak), keys=load_keys(weak)))
    lab = theirs.lab("first")
    statement = replace(lab.statement(), k=SAMPLES)
    assert lab.statement().k < SAMPLES
    proof, public = proved(weak / WASM, weak / ZKEY, lab.inputs(statement))
    return theirs, theirs.bundle(proof, public, ALICE)


@counted("attacks")
def test_a_weakened_circuit_with_keys_of_its_own(stage, weak, tmp_path):
    """All digests agree. Under --allow-dev the lie passes: the key is all a verifier has.

    So the key must come from a setup, and a setup starts from the circuit compiled here.
    """
    theirs, bundle = lie_of(stage, weak)
    assert theirs.accepts(bundle) == SAMPLES
    for run in (stage.run_verify, stage.run_rank):
        assert run(bundle, tmp_path, build=weak).code == 1
    assert stage.run_prove(tmp_path, weak).code == 2


@counted("attacks")
@pytest.mark.parametrize("source", ["--dev", "--ptau"])
def test_a_setup_for_a_weakened_circuit(weak, tmp_path, source):
    """Whoever contributes to a ceremony would sign for what the circuit doesn't check."""
    before = (weak / ZKEY).read_bytes()
    flags = [source] if source == "--dev" else [source, tmp_path / "any.ptau"]
    outcome = zkpot("setup", weak, *flags, "--json")
    assert outcome.code == 2
    assert "not what this architecture compiles to" in outcome.err
    assert (weak / ZKEY).read_bytes() == before


CONTRIBUTED = {
    "trust": "contributed",
    "ptau_sha256": "ab" * 32,
    "contributions": [{"name": "a notary", "hash": "cd" * 64, "beacon": None, "iterations": None}],
}
CLAIMS: dict[str, dict[str, Any]] = {
    "contributed": {"trust": "contributed"},
    "universal": {"trust": "universal"},
    "contributed, by a beacon": {
        **CONTRIBUTED,
        "contributions": [{"name": "b", "hash": "cd" * 64, "beacon": "01", "iterations": 10}],
    },
    "contributed, without powers of tau": {**CONTRIBUTED, "ptau_sha256": None},
    "contributed, by somebody the zkey doesn't know": CONTRIBUTED,
    "twice": {"trust": "dev"},
    "divine": {"trust": "divine"},
}


@counted("attacks")
@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("command", ["verify", "rank"])
def test_a_development_key_that_calls_itself(stage, alice, tmp_path, command, claim):
    """One word in keys.json would let a key pass whose maker can forge anything."""
    build = stage.copy(tmp_path)
    edited(build / MANIFEST, lambda manifest: manifest.update(CLAIMS[claim]))
    if claim == "twice":
        text = (build / MANIFEST).read_text()
        (build / MANIFEST).write_text(text.replace('"trust"', '"trust": "contributed", "trust"'))
    run = stage.run_verify if command == "verify" else stage.run_rank
    assert run(alice, tmp_path, build=build).code == 2


@counted("attacks")
def test_a_forger_s_verification_key_beside_the_honest_zkey(stage, other_zkey, alice, tmp_path):
    """The zkey's contributions would speak for a key that they had no part in."""
    build = stage.copy(tmp_path)
    (build / VERIFICATION_KEY).write_text(json.dumps(verification_key(other_zkey)))
    told_truly(build)
    outcome = stage.run_verify(alice, tmp_path, "--allow-dev", build=build)
    assert outcome.code == 2 and "another key's" in outcome.err


@counted("attacks")
def test_a_zkey_whose_delta_is_infinite(stage, tmp_path):
    """An attack on privacy: with delta = 0 nothing blinds the proof's points."""
    build = stage.copy(tmp_path)
    place = read_sections(build / ZKEY, "zkey")[2].offset
    content = bytearray((build / ZKEY).read_bytes())
    delta = place + 2 * 36 + 12 + 2 * 64 + 2 * 128
    content[delta : delta + 64 + 128] = bytes(64 + 128)
    (build / ZKEY).write_bytes(content)
    with pytest.raises(ZkeyError, match=r"delta1.*infinity"):
        check_zkey(build / ZKEY, read_r1cs(build / R1CS))
    (build / VERIFICATION_KEY).write_text(json.dumps(verification_key(build / ZKEY)))
    told_truly(build)
    outcome = stage.run_prove(tmp_path, build)
    assert outcome.code == 2 and "infinity" in outcome.err


@counted("attacks")
@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["circuit"].update(samples=SAMPLES - 1),
        lambda record: record.update(circuit_id="00" * 32),
        lambda record: record["files"].pop(R1CS),
        lambda record: record["circuit"].update(weight_bits=9),
        lambda record: record.update(format="zkpot-circuit/0"),
        lambda record: record.update(input_shape=[3, 2]),
    ],
    ids=["fewer samples", "another id", "no r1cs", "wider weights", "another format", "shape"],
)
def test_a_circuit_record_that_describes_something_else(stage, alice, tmp_path, change):
    build = stage.copy(tmp_path)
    edited(build / RECORD, change)
    outcome = stage.run_verify(alice, tmp_path, "--allow-dev", build=build)
    assert outcome.code == 2, outcome.err


KEYS: dict[str, bytes] = {
    "no JSON": b"{",
    "nothing": b"",
    "no object": b"[]",
    "no text": b"\xff\xfe",
    "without an end": b"[" * 100_000,
    "a key of nothing": b'{"protocol": "groth16", "curve": "bn128", "IC": [], "nPublic": "0"}',
    "NaN signals": b'{"protocol": "groth16", "curve": "bn128", "IC": [], "nPublic": NaN}',
}


@counted("attacks")
@pytest.mark.parametrize("name", KEYS)
def test_a_verification_key_that_is_none(stage, alice, tmp_path, name):
    build = stage.copy(tmp_path)
    (build / VERIFICATION_KEY).write_bytes(KEYS[name])
    told_truly(build)
    assert stage.run_verify(alice, tmp_path, "--allow-dev", build=build).code == 2


def test_an_untouched_copy_works(stage, alice, tmp_path):
    build = stage.copy(tmp_path)
    told_truly(build)
    assert stage.run_verify(alice, tmp_path, "--allow-dev", build=build).code == 0
    Verifier(open_build(build), load_keys(build), allow_dev=True)
