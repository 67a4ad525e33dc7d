"""A build whose files agree with one another and are not the announced ones; what a pin is worth.

The first attack holds against a verifier without pins, and is shown to: docs/threats.md says so.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from groth import Secrets
from stage import ALICE, K, Stage, with_signal
from tally import counted
from toy_task import SAMPLES
from zkpot.prover.build import RECORD
from zkpot.prover.digest import sha256_of
from zkpot.prover.keys import load_keys
from zkpot.prover.manifest import MANIFEST, VERIFICATION_KEY, ZKEY
from zkpot.prover.verify import Pins, Verifier, WrongCircuit, WrongKey
from zkpot.prover.workflow import verify_file

if TYPE_CHECKING:
    from zkpot.prover.bundle import Bundle

RNG = random.Random(7)
SECRETS = Secrets(*(RNG.randrange(2, 1 << 20) for _ in range(4)))
CONTRIBUTION = {"name": "alice", "hash": "ab" * 64, "beacon": None}


@pytest.fixture(scope="module")
def fake(stage, alice, tmp_path_factory) -> tuple[Stage, Bundle]:
    """The true circuit.json beside another key, whose keys.json tells of a ceremony; and a proof.

    The key's maker can prove what it likes, as it could with the key of a circuit without
    constraints: here that all of Alice's samples are classified correctly.
    """
    build = stage.copy(tmp_path_factory.mktemp("fake"))
    vk = SECRETS.key([RNG.randrange(2, 1 << 20) for _ in alice.signals] + [3])
    (build / VERIFICATION_KEY).write_text(json.dumps(vk))
    (build / ZKEY).unlink()
    manifest = json.loads((build / MANIFEST).read_text())
    manifest |= {
        "trust": "contributed",
        "vk_sha256": sha256_of(build / VERIFICATION_KEY),
        "ptau_sha256": "cd" * 32,
        "contributions": [CONTRIBUTION],
    }
    (build / MANIFEST).write_text(json.dumps(manifest))
    task = replace(stage.task, build=replace(stage.task.build, folder=build), keys=load_keys(build))
    theirs = Stage(task)
    claimed = theirs.dressed(with_signal(alice, K, SAMPLES))
    proof = SECRETS.simulated(vk, claimed.signals)
    return theirs, claimed.model_copy(update={"proof": proof})


def announced(stage: Stage) -> tuple[str, ...]:
    """What a verifier types that knows the task from where it was announced."""
    return "--circuit", stage.task.build.circuit.id, "--key", stage.task.keys.manifest.vk_sha256


@counted("attacks")
def test_a_free_key_beside_the_true_circuit(stage, fake, tmp_path):
    theirs, bundle = fake
    unpinned = theirs.run_verify(bundle, tmp_path)
    assert (unpinned.code, unpinned.json["correct"]) == (0, SAMPLES)
    assert unpinned.json["trust"] == "contributed"
    for flags in (announced(stage), announced(stage)[2:]):
        verdict = theirs.run_verify(bundle, tmp_path, *flags)
        assert (verdict.code, verdict.json["valid"], verdict.json["reason"]) == (
            1,
            False,
            "WrongKey",
        )
        ranking = theirs.run_rank(bundle, tmp_path, *flags)
        assert (ranking.code, ranking.json["error"]["kind"]) == (1, "WrongKey")
    with pytest.raises(WrongKey, match="was announced with"):
        Verifier(
            theirs.task.build,
            theirs.task.keys,
            pins=Pins(vk_sha256=stage.task.keys.manifest.vk_sha256),
        )


@counted("attacks")
def test_a_whole_build_of_another_circuit(stage, rival, tmp_path):
    """Everything in it agrees: circuit, key, manifest and proof. It is another task's."""
    bundle = rival.proof("first", ALICE)
    assert rival.run_verify(bundle, tmp_path, "--allow-dev").code == 0
    verdict = rival.run_verify(bundle, tmp_path, "--allow-dev", *announced(stage))
    assert (verdict.code, verdict.json["reason"]) == (1, "WrongCircuit")
    ranking = rival.run_rank(bundle, tmp_path, "--allow-dev", *announced(stage)[:2])
    assert (ranking.code, ranking.json["error"]["kind"]) == (1, "WrongCircuit")
    pins = Pins(circuit_id=stage.task.build.circuit.id)
    folder, data = rival.task.build.folder, rival.task.data
    with pytest.raises(WrongCircuit, match="was announced with"):
        verify_file(tmp_path / "bundle.json", folder, data, ALICE, allow_dev=True, pins=pins)


@counted("attacks")
def test_a_manifest_that_claims_the_announced_digest(stage, fake, alice, tmp_path):
    """The pin is held against keys.json, and keys.json against the key itself."""
    build, pin = fake[0].copy(tmp_path), announced(stage)[2:]
    manifest = json.loads((build / MANIFEST).read_text())
    (build / MANIFEST).write_text(json.dumps(manifest | {"vk_sha256": pin[1]}))
    outcome = stage.run_verify(alice, tmp_path, *pin, build=build)
    assert (outcome.code, outcome.json["error"]["kind"]) == (2, "KeyRefused")


@counted("attacks")
def test_a_record_that_claims_the_announced_id(stage, rival, alice, tmp_path):
    """The pin is held against the id of what the record describes."""
    build, pin = rival.copy(tmp_path), announced(stage)[:2]
    record = json.loads((build / RECORD).read_text())
    (build / RECORD).write_text(json.dumps(record | {"circuit_id": pin[1]}))
    outcome = stage.run_verify(alice, tmp_path, "--allow-dev", *pin, build=build)
    assert (outcome.code, outcome.json["error"]["kind"]) == (2, "InputError")


def test_the_announced_build_is_accepted(stage, alice, tmp_path):
    """In capitals too: a digest is a number."""
    flags = [text.upper() if "--" not in text else text for text in announced(stage)]
    assert stage.run_verify(alice, tmp_path, "--allow-dev", *flags).code == 0
    assert stage.run_rank(alice, tmp_path, "--allow-dev", *flags).code == 0


@counted("attacks")
@pytest.mark.parametrize("option", ["--key", "--circuit"])
@pytest.mark.parametrize("value", ["", "ab", "x" * 64, "ab" * 33])
def test_a_pin_that_says_nothing(stage, alice, tmp_path, option, value):
    """An empty variable in a script must not stand for no pin at all."""
    for run in (stage.run_verify, stage.run_rank):
        assert run(alice, tmp_path, "--allow-dev", option, value).code == 2
