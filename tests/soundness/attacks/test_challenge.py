"""The challenge r: chosen, ground for, taken from elsewhere, or used against the prover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig.forge import Fold, attempt, downstream, replaced, winning
from rig.models import Task, shifted
from stage import ALICE, R, with_signal
from tally import counted
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.compiler.folding import folded
from zkpot.compiler.statement import challenge, commitment
from zkpot.prover.secret import Secret, read_secret, write_secret
from zkpot.prover.verify import FalseProof, WrongData


def all_wrong(task: Task) -> Task:
    logits = task.interpreted()[task.circuit.evaluation.inputs[0]]
    return replace(task, labels=logits.argmin(1).tolist())


def challenge_given(text: str) -> str:
    """The circuit with r as an input: what it would be worth if the prover could choose r."""
    return replaced(text, r"signal output r <== Sponge\([^;]*;", "signal input r;")


def inputs_at(task: Task, r: int, outputs: dict[str, np.ndarray]) -> dict[str, object]:
    """The circuit's inputs with a challenge of the prover's choice, and the verifier's u for it."""
    statement = replace(task.statement(outputs), r=r, u=folded(task.circuit, task.data, r))
    return {**task.inputs(statement, outputs), "r": r}


@counted("attacks")
def test_a_challenge_of_zero():
    """At r = 0 the fold looks at the first sample only; all others may have any outputs."""
    task = all_wrong(shifted())
    (name,) = task.outputs()
    forged = winning(task, np.random.default_rng(91), 1000)
    forged[name][0] = task.outputs()[name][0]
    assert task.statement().k == 0
    inputs = inputs_at(task, 0, forged)
    chosen = attempt(challenge_given(task.text), inputs)
    assert chosen.passes and chosen.witness["main.k"] == 2
    del inputs["r"]
    assert attempt(task.text, inputs).objects("ConvFolded")


@counted("attacks")
def test_a_zeroed_challenge_in_the_public_signals(stage, alice):
    stage.refuses(with_signal(alice, R, 0), WrongData)
    stage.refuses(stage.dressed(with_signal(alice, R, 0)), FalseProof)


@counted("attacks")
def test_the_challenge_of_another_proof(stage, alice, mallory):
    borrowed = with_signal(alice, R, mallory.signals[R])
    stage.refuses(borrowed, WrongData)
    stage.refuses(stage.dressed(borrowed), FalseProof)


ROOT = 5


def vanishing(task: Task) -> dict[str, np.ndarray]:
    """False outputs that win a sample, and whose error is a polynomial with the root ROOT."""
    (name,) = task.outputs()
    rng, honest = np.random.default_rng(92), task.outputs()[name]
    for _ in range(10_000):
        step = rng.integers(-40, 41, honest.shape[1])
        outputs = {name: honest + np.array([-ROOT * step, step, 0 * step])}
        logits = downstream(task, outputs)[task.circuit.evaluation.inputs[0]]
        if (logits.argmax(1) == np.array(task.labels)).any():
            return outputs
    raise AssertionError("no such outputs found")


@counted("attacks")
def test_salts_ground_for_a_favourable_challenge():
    """A challenge of one byte is found in some hundred tries; r has 254 bits, each as good."""
    task = all_wrong(shifted())
    fold, forged, honest = Fold(task), vanishing(task), task.statement()
    rows = np.concatenate([task.values[name] for name in task.circuit.entries[0].inputs[1:]])

    def holds(r: int) -> bool:
        u = folded(task.circuit, task.data, r)
        return fold.left_side(u, rows) == fold.right_side(forged[fold.output], r)

    assert holds(ROOT) and not holds(ROOT + 1)
    tries = [
        challenge(task.circuit, (honest.cm, task.ctx, task.dataset, salt), forged)
        for salt in range(1500)
    ]
    assert ROOT in [r % 251 for r in tries]
    assert not any(map(holds, tries))

    inputs = inputs_at(task, ROOT, forged)
    favourable = attempt(challenge_given(task.text), inputs)
    assert favourable.passes and favourable.witness["main.k"] > honest.k
    del inputs["r"]
    assert attempt(task.text, inputs).objects("ConvFolded")


@counted("attacks")
def test_one_set_of_weights_committed_and_another_evaluated():
    task = shifted()
    (name, *_) = task.values
    better = replace(task, values={**task.values, name: task.values[name][:, ::-1].copy()})
    registered = task.statement().cm
    outputs = better.outputs()
    assert better.statement().cm != registered
    r = challenge(task.circuit, (registered, task.ctx, task.dataset, task.salts[1]), outputs)
    lie = replace(better.statement(), cm=registered, r=r, u=folded(task.circuit, task.data, r))

    apart = replaced(
        task.text,
        r"( *signal v_packed_weight_0\S* <== Pack\([^)]*\))\(v_weight_0\)",
        r"    signal input registered[4][3];\n\1(registered)",
    )
    inputs = better.inputs(lie)
    broken = attempt(apart, {**inputs, "registered": task.values[name]})
    assert broken.passes
    assert (broken.witness["main.cm"], broken.witness["main.r"]) == (registered, r)

    # Here the weights that are packed for cm are the ones that are multiplied.
    assert attempt(task.text, task.inputs(lie, outputs)).objects("ConvFolded")
    assert attempt(task.text, better.inputs(lie)).witness["main.cm"] != registered


@counted("attacks")
def test_a_model_proven_with_another_s_secret(stage, tmp_path):
    """SECRET.json is held against the weights before anything is proven with its salt."""
    build, models = stage.task.build, stage.task.models
    first, second = models["first"], models["second"]
    pairs = {"its own": (first.cm, first.salt), "swapped": (first.cm, second.salt)}
    for name, (cm, salt) in pairs.items():
        secret = Secret(circuit_id=build.circuit.id, cm=str(cm), salt=str(salt))
        write_secret(tmp_path / name, secret)
    assert read_secret(tmp_path / "its own", build, first.imported).salt == str(first.salt)
    with pytest.raises(InputError, match="other weights"):
        read_secret(tmp_path / "its own", build, second.imported)
    with pytest.raises(InputError, match="other weights"):
        read_secret(tmp_path / "swapped", build, first.imported)


@counted("attacks")
def test_the_two_salts_swapped():
    """The salt of r opens no commitment: cm would be another than the registered one."""
    task = shifted()
    swapped = replace(task, salts=task.salts[::-1])
    assert swapped.statement().cm != task.statement().cm


def guesses(task: Task, published) -> list[int]:
    """Salts that somebody might try who knows everything else."""
    signals = [published.cm, published.r, task.ctx, task.dataset, task.salts[0]]
    return [*range(256), *signals, FIELD - 1]


@counted("attacks")
def test_a_guess_of_the_first_layer_tested_against_r():
    """The guess is right, and all but the second salt is known: r neither confirms nor denies."""
    secret = pow(7, 1234567, FIELD)
    task = shifted()
    task = replace(task, salts=(task.salts[0], secret))
    published = task.statement()
    other = {name: outputs + 1 for name, outputs in task.outputs().items()}

    def confirms(r: int, salt: int, outputs: dict[str, np.ndarray]) -> bool:
        return challenge(task.circuit, (published.cm, task.ctx, task.dataset, salt), outputs) == r

    assert confirms(published.r, secret, task.outputs())
    assert not any(confirms(published.r, g, task.outputs()) for g in guesses(task, published))

    # With a constant for a salt, r tells right guesses from wrong ones.
    bare = replace(task, salts=(task.salts[0], 0)).statement()
    assert confirms(bare.r, 0, task.outputs())
    assert not confirms(bare.r, 0, other)


@counted("attacks")
def test_a_guess_of_the_model_tested_against_cm():
    secret = pow(7, 7654321, FIELD)
    task = replace(shifted(), salts=(secret, 98))
    published = task.statement()
    assert commitment(task.circuit, task.values, secret) == published.cm
    for salt in guesses(replace(task, salts=(98, 98)), published):
        assert commitment(task.circuit, task.values, salt) != published.cm


@counted("attacks")
def test_a_guess_tested_against_a_real_proof(stage, alice):
    """Proofs of one statement have different r, and none is what a prover without salts gives."""
    lab = stage.lab("first", ALICE)
    cm = alice.signals[0]
    assert cm == stage.task.models["first"].cm
    for salt in (0, 1, cm, stage.task.models["first"].salt):
        head = (cm, lab.ctx, lab.dataset, salt)
        assert challenge(lab.circuit, head, lab.outputs()) != alice.signals[R]
