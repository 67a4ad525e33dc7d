"""Verification keys under which proofs need no witness, and proofs for other keys and circuits."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from groth import (
    Json,
    Secrets,
    add,
    g1_json,
    g2_json,
    input_sum,
    neg,
    pairing_only,
    point1,
    point2,
    proof_json,
)
from stage import ALICE, K, Stage
from tally import counted
from toy_task import SAMPLES
from zkpot.compiler.field import FIELD
from zkpot.prover import keys, snarkjs
from zkpot.prover.circom import compile_circuit
from zkpot.prover.errors import KeyRefused, PtauError
from zkpot.prover.verify import (
    FalseProof,
    Verifier,
    WrongCircuit,
    WrongContext,
    WrongKey,
)
from zkpot.prover.vkey import check_key

if TYPE_CHECKING:
    from pathlib import Path

RNG = random.Random(41)
SECRETS = Secrets(*(RNG.randrange(2, 1 << 20) for _ in range(4)))
IC = [RNG.randrange(2, 1 << 20) for _ in range(14)]
"""Small, so that py_ecc is quick; no attack below knows them, but where it says so."""


def refused(stage: Stage, vk: Json, why: str) -> None:
    """By the check of keys, and by a verifier that was handed the key without it."""
    with pytest.raises(KeyRefused, match=why):
        check_key(vk)
    with pytest.raises(KeyRefused, match=why):
        Verifier(stage.task.build, replace(stage.task.keys, vk=vk), allow_dev=True)


def all_correct(alice) -> list[int]:
    """Alice's statement with k = n."""
    signals = alice.signals
    assert signals[K] < SAMPLES
    return [*signals[:K], SAMPLES, *signals[K + 1 :]]


def forged(vk: Json, public: list[int], pair: str, sign: int) -> Json:
    """A proof of anything, from the key's own points."""
    alpha, total = point1(vk["vk_alpha_1"]), input_sum(vk, public)
    beta, gamma, delta = (point2(vk[f"vk_{name}_2"]) for name in ("beta", "gamma", "delta"))
    signed = (lambda point: point) if sign == 1 else neg
    if pair == "delta = gamma":
        return proof_json(alpha, beta, signed(neg(total)))
    if pair == "beta = gamma":
        a = add(signed(alpha), total)
        return proof_json(a, add(gamma, delta), a)
    return proof_json(total, add(beta, gamma), signed(add(total, neg(alpha))))


@counted("attacks")
@pytest.mark.parametrize("sign", [1, -1], ids=["equal", "opposite"])
@pytest.mark.parametrize("pair", ["delta = gamma", "beta = gamma", "beta = delta"])
def test_a_key_with_two_equal_points_of_g2(stage, alice, pair, sign):
    """Anyone forges under such a key. The first is what a setup without a contribution gives."""
    target, source = pair.split(" = ")
    secrets = replace(SECRETS, **{target: sign * getattr(SECRETS, source) % FIELD})
    vk, public = secrets.key(IC), all_correct(alice)
    proof = forged(vk, public, pair, sign)
    assert pairing_only(vk, public, proof)
    assert not pairing_only(SECRETS.key(IC), public, proof)
    refused(stage, vk, "forgeable")
    check_key(SECRETS.key(IC))


@counted("attacks")
def test_snarkjs_accepts_a_forgery_under_gamma_equal_delta(stage, alice, tmp_path):
    vk, public = replace(SECRETS, delta=SECRETS.gamma).key(IC), all_correct(alice)
    contents = {
        "vk": vk,
        "public": [str(s) for s in public],
        "proof": forged(vk, public, "delta = gamma", 1),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert snarkjs.groth16_pairing_only(*(tmp_path / f"{name}.json" for name in contents))
    refused(stage, vk, "forgeable")


INFINITY_1, INFINITY_2 = ["0", "1", "0"], [["0", "0"], ["1", "0"], ["0", "0"]]


@counted("attacks")
@pytest.mark.parametrize("name", ["vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2"])
def test_a_key_with_a_point_at_infinity(stage, name):
    vk = SECRETS.key(IC)
    vk[name] = INFINITY_1 if name.endswith("1") else INFINITY_2
    refused(stage, vk, "infinity")


@counted("attacks")
def test_a_key_whose_gamma_is_infinite_proves_every_statement_at_once(stage, alice):
    vk = SECRETS.key(IC)
    proof = SECRETS.simulated(vk, alice.signals)
    other = all_correct(alice)
    assert pairing_only(vk, alice.signals, proof) and not pairing_only(vk, other, proof)
    blind = replace(SECRETS, gamma=0)
    unbound = {**vk, "vk_gamma_2": INFINITY_2}
    assert pairing_only(unbound, other, blind.simulated(unbound, alice.signals))
    refused(stage, unbound, "infinity")


@counted("attacks")
@pytest.mark.parametrize("position", range(14))
def test_a_key_that_leaves_a_signal_free(stage, position):
    """An IC point at infinity: the equation doesn't depend on its signal."""
    vk, public = SECRETS.key(IC), [5] * 13
    vk["IC"][position] = INFINITY_1
    proof = SECRETS.simulated(vk, public)
    if position:
        public[position - 1] = 6
    assert pairing_only(vk, public, proof)
    refused(stage, vk, "infinity")


@counted("attacks")
@pytest.mark.parametrize("sign", [1, -1], ids=["equal", "opposite"])
def test_a_key_in_which_two_signals_change_together(stage, sign):
    """With IC_j = ±IC_i, what is added to k can be taken from, or added to, another signal."""
    ic = [*IC]
    ic[2] = sign * ic[3] % FIELD  # r and k
    vk, public = SECRETS.key(ic), [5] * 13
    proof = SECRETS.simulated(vk, public)
    inflated = [5, (5 - 3 * sign) % FIELD, 8, *public[3:]]
    assert pairing_only(vk, inflated, proof)
    assert not pairing_only(SECRETS.key(IC), inflated, proof)
    refused(stage, vk, "equal up to sign")


@counted("attacks")
@pytest.mark.parametrize("change", [lambda ic: ic[:-1], lambda ic: [*ic, ic[0]], lambda ic: []])
def test_a_key_for_another_number_of_signals(stage, change):
    vk = SECRETS.key(IC)
    refused(stage, {**vk, "IC": change(vk["IC"])}, "IC points")


@counted("attacks")
def test_a_trapdoor_forges_anything_and_so_dev_keys_are_refused(stage, alice):
    """What a development key is worth: with its secrets no verifier can tell, so none is asked."""
    vk, public = SECRETS.key(IC), all_correct(alice)
    assert pairing_only(vk, public, SECRETS.simulated(vk, public))
    with pytest.raises(WrongKey, match="development key"):
        Verifier(stage.task.build, stage.task.keys)


@counted("attacks")
def test_a_forgery_for_another_key(stage, alice):
    """Made with secrets, but not with this key's."""
    proof = SECRETS.simulated(SECRETS.key(IC), alice.signals)
    stage.refuses(alice.model_copy(update={"proof": proof}), FalseProof)


# proofs for another circuit or key


@counted("attacks")
def test_a_proof_for_another_circuit_of_the_same_shape(stage, rival):
    """As many signals, in the same places; whatever it is called, it proves nothing here."""
    bundle = rival.proof("first", ALICE)
    rival.accepts(bundle)
    assert rival.task.build.record.public_signals == stage.task.build.record.public_signals
    own = stage.task.build.circuit.id, stage.task.keys.manifest.vk_sha256
    stage.refuses(bundle, WrongCircuit)
    stage.refuses(bundle.model_copy(update={"circuit_id": own[0]}), WrongKey)
    named = bundle.model_copy(update=dict(zip(("circuit_id", "vk_sha256"), own, strict=True)))
    stage.refuses(named, WrongContext)
    stage.refuses(stage.dressed(named), FalseProof)


@counted("attacks")
def test_another_circuit_s_key_beside_this_circuit(stage, rival):
    with pytest.raises(WrongKey, match="another circuit"):
        Verifier(stage.task.build, rival.task.keys, allow_dev=True)
    with pytest.raises(WrongKey, match="another circuit"):
        Verifier(rival.task.build, stage.task.keys, allow_dev=True)


@counted("attacks")
def test_another_circuit_s_key_with_a_manifest_that_says_it_is_this_one_s(stage, rival, alice):
    """The honest proof names its key, and ctx holds the key's digest: it isn't this one."""
    manifest = rival.task.keys.manifest.model_copy(
        update={"r1cs_sha256": stage.task.keys.manifest.r1cs_sha256}
    )
    victim = Verifier(stage.task.build, replace(rival.task.keys, manifest=manifest), allow_dev=True)
    other = Stage(replace(stage.task, keys=victim.keys))
    other.refuses(alice, WrongKey)
    other.refuses(alice.model_copy(update={"vk_sha256": manifest.vk_sha256}), WrongContext)
    other.refuses(other.dressed(alice), FalseProof)
    proof = rival.proof("first", ALICE)
    other.refuses(proof.model_copy(update={"circuit_id": alice.circuit_id}), WrongContext)
    other.refuses(other.dressed(proof), FalseProof)


# ceremonies


@pytest.mark.long
@counted("attacks")
def test_powers_of_tau_that_nobody_contributed_to(tmp_path, circuits, tools):
    """tau = alpha = beta = 1: whoever contributes to phase 2, anyone can forge."""
    for args in (
        ["powersoftau", "new", "bn128", "4", "new.ptau"],
        ["powersoftau", "prepare", "phase2", "new.ptau", "final.ptau"],
    ):
        tools.run("snarkjs", args, cwd=tmp_path, timeout_s=120, what="ptau")
    ptau, build = tmp_path / "final.ptau", tmp_path / "build"
    with pytest.raises(KeyRefused, match=r"refused|forgeable"):
        keys.setup_from_ptau(build, circuits.fits.r1cs, ptau, contributions=["me"])
    assert list(build.iterdir()) == []


@counted("attacks")
def test_powers_of_tau_made_by_a_beacon_alone(tmp_path, circuits, tools):
    """tau is the hash of a public number: the powers look random, and anyone can forge."""
    for args in (
        ["powersoftau", "new", "bn128", "4", "new.ptau"],
        ["powersoftau", "beacon", "new.ptau", "beacon.ptau", "0102030405060708", "10"],
        ["powersoftau", "prepare", "phase2", "beacon.ptau", "final.ptau"],
    ):
        tools.run("snarkjs", args, cwd=tmp_path, timeout_s=120, what="ptau")
    ptau, build = tmp_path / "final.ptau", tmp_path / "build"
    with pytest.raises(PtauError, match="a beacon is public"):
        keys.setup_from_ptau(build, circuits.fits.r1cs, ptau, contributions=["me"])
    assert not build.exists()


@pytest.mark.long
@counted("attacks")
def test_a_ceremony_s_key_for_a_weakened_circuit(tmp_path: Path, circuits, ptau):
    """Real contributions, to a circuit that lacks a constraint: the honest R1CS doesn't fit it."""
    library = tmp_path / "library" / "lib"
    library.mkdir(parents=True)
    chain = (circuits.include / "lib" / "chain.circom").read_text()
    weak = chain.replace("step[i + 1] <== step[i] * step[i];", "step[i + 1] <== step[i] * base;")
    assert weak != chain
    (library / "chain.circom").write_text(weak)
    made = compile_circuit(circuits.main, tmp_path / "library", tmp_path / "weak")
    keys.setup_from_ptau(tmp_path / "theirs", made.r1cs, ptau, contributions=["a", "b"])
    theirs = tmp_path / "theirs" / "circuit_final.zkey"
    with pytest.raises(KeyRefused, match="does not verify"):
        keys.adopt_zkey(tmp_path / "ours", circuits.fits.r1cs, ptau, theirs)


def test_the_forger_s_arithmetic(stage, alice):
    """What calls itself the bare equation accepts an honest proof, and no other statement."""
    vk = stage.task.keys.vk
    assert pairing_only(vk, alice.signals, alice.proof)
    assert not pairing_only(vk, all_correct(alice), alice.proof)
    assert g1_json(point1(alice.proof["pi_a"])) == alice.proof["pi_a"]
    assert g2_json(point2(alice.proof["pi_b"])) == alice.proof["pi_b"]
