"""Claims about k, the labels or the samples that the prover's model doesn't bear out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from groth import pairing_only
from rig.forge import Fold, downstream
from stage import ALICE, DATASET, K, U, with_signal
from tally import counted
from toy_task import SAMPLES
from zkpot.compiler.errors import InputError, InvalidProof
from zkpot.compiler.field import FIELD
from zkpot.consensus.demo.cheats import relabelled
from zkpot.prover import snarkjs
from zkpot.prover.bundle import Bundle
from zkpot.prover.dataset import Dataset
from zkpot.prover.verify import FalseProof, WrongData
from zkpot.prover.workflow import read_test_set


@counted("attacks")
@pytest.mark.parametrize(
    ("claim", "error"),
    [
        (lambda k: k + 1, FalseProof),
        (lambda k: k - 1, FalseProof),
        (lambda k: SAMPLES, FalseProof),
        (lambda k: 0, FalseProof),
        (lambda k: SAMPLES + 1, InvalidProof),
        (lambda k: FIELD - 1, InvalidProof),
    ],
    ids=["inflated", "deflated", "all", "none", "more than there are", "minus one"],
)
def test_another_count_than_the_proven_one(stage, alice, claim, error):
    lie = claim(stage.accepts(alice))
    stage.refuses(with_signal(alice, K, lie), error)


def refused_in_every_dress(stage, bundle: Bundle, about: Dataset) -> None:
    """A true proof about other data, as it is and with the verifier's own signals put in."""
    stage.accepts(bundle, about)
    stage.refuses(bundle, WrongData)
    relabelled_only = bundle.model_copy(update={"dataset": stage.task.dataset.digest})
    stage.refuses(relabelled_only, WrongData)
    stage.refuses(with_signal(relabelled_only, DATASET, stage.task.dataset.field), WrongData)
    stage.refuses(stage.dressed(bundle), FalseProof)


@counted("attacks")
def test_permuted_labels(stage):
    about = stage.data(labels=np.roll(stage.task.dataset.labels, 1))
    refused_in_every_dress(stage, stage.proof("first", ALICE, about), about)


@pytest.mark.long
@counted("attacks")
def test_the_model_s_own_answers_for_labels(stage):
    easy = relabelled(
        stage.task.build.circuit, stage.task.models["first"].imported, stage.task.dataset
    )
    bundle = stage.proof("first", ALICE, easy)
    assert stage.accepts(bundle, easy) == SAMPLES
    refused_in_every_dress(stage, bundle, easy)


@counted("attacks")
def test_two_test_samples_swapped(stage):
    """The labels stay where they are, so two samples get each other's."""
    order = np.arange(SAMPLES)
    order[[0, 1]] = 1, 0
    about = stage.data(data=stage.task.dataset.data[order])
    refused_in_every_dress(stage, stage.proof("first", ALICE, about), about)


@counted("attacks")
def test_one_pixel_changed_by_one(stage):
    data = stage.task.dataset.data.copy()
    data[SAMPLES - 1, 2] += 1 if data[SAMPLES - 1, 2] < 0 else -1
    about = stage.data(data=data)
    refused_in_every_dress(stage, stage.proof("first", ALICE, about), about)


@pytest.mark.long
@counted("attacks")
def test_a_hard_sample_replaced_by_a_second_easy_one(stage):
    own = stage.task.dataset
    data, labels = own.data.copy(), own.labels.copy()
    data[0], labels[0] = data[1], labels[1]
    about = stage.data(data=data, labels=labels)
    refused_in_every_dress(stage, stage.proof("first", ALICE, about, allow_duplicates=True), about)


@counted("attacks")
def test_a_test_set_of_copies_reads_out_no_prediction(stage):
    """An attack on the prover: k over n copies of one image is n times one prediction."""
    own = stage.task.dataset
    copies = stage.data(data=np.repeat(own.data[:1], SAMPLES, axis=0))
    with pytest.raises(InputError, match="are equal"):
        stage.proof("first", ALICE, copies)


@counted("attacks")
def test_fewer_samples(stage, tmp_path):
    with np.load(stage.task.data) as arrays:
        np.savez(tmp_path / "fewer.npz", x=arrays["x"][:-1], y=arrays["y"][:-1])
    with pytest.raises(InputError, match="exactly"):
        read_test_set(stage.task.build, tmp_path / "fewer.npz")


def winning_outputs(stage, lab) -> dict[str, np.ndarray]:
    """For each sample some first layer's outputs, of no model, at which its label wins."""
    name = lab.circuit.entries[0].output.name
    drawn = np.random.default_rng(5).integers(-3000, 3000, (3000, 5))
    logits = downstream(lab, {name: drawn})[lab.circuit.evaluation.inputs[0]]
    answers = logits.argmax(1).tolist()
    return {name: np.array([drawn[answers.index(label)] for label in lab.labels])}


@counted("attacks")
def test_a_fold_of_the_prover_s_choice(stage, tmp_path):
    """With a free u the circuit is satisfied by any k: the pairing check says nothing of data."""
    lab = stage.lab("second")
    outputs = winning_outputs(stage, lab)
    fold, honest = Fold(lab), lab.statement(outputs)
    rows = np.concatenate([lab.values[name] for name in lab.circuit.entries[0].inputs[1:]])
    missing = fold.right_side(outputs[fold.output], honest.r)
    missing -= fold.left_side([0, *honest.u[1:]], rows)
    fitted = missing * pow(fold.packed(rows)[0], -1, FIELD) % FIELD
    free = replace(honest, u=(fitted, *honest.u[1:]), k=SAMPLES)
    proof, public = stage.prove_inputs(lab.inputs(free, outputs))
    assert public == [str(s) for s in free.signals()]

    # The equation holds, and snarkjs says OK to "all correct".
    assert pairing_only(stage.task.keys.vk, free.signals(), proof)
    snark = stage.bundle(proof, public, ALICE)
    for name, content in (("proof.json", snark.proof), ("public.json", snark.public)):
        (tmp_path / name).write_text(json.dumps(content))
    paths = tmp_path / "public.json", tmp_path / "proof.json"
    assert snarkjs.groth16_pairing_only(stage.task.keys.vk_path, *paths)

    # Who computes u from the data refuses it, and refuses the proof for the right u.
    assert snark.signals[K] == SAMPLES and snark.signals[U] != honest.u[0]
    stage.refuses(snark, WrongData)
    stage.refuses(stage.dressed(snark), FalseProof)
