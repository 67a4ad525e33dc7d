"""Whatever is changed in a proof, its data or its context: verification says no, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trial import CONTEXT, Trial
from zkpot.compiler.errors import InvalidProof
from zkpot.compiler.field import FIELD
from zkpot.prover.bundle import Bundle
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset
from zkpot.prover.verify import OutOfField, Verifier, WrongContext, WrongData

SIGNALS = 71
"""cm, r, k, ctx, dataset; 65 columns of u (64 pixels and the bias); one element of labels."""


@dataclass(frozen=True)
class Case:
    """Everything that verification takes, valid as it stands."""

    verifier: Verifier
    bundle: Bundle
    dataset: Dataset
    context: Context

    def verify(self, **changes: Any) -> None:
        given = {"bundle": self.bundle, "dataset": self.dataset, "context": self.context, **changes}
        self.verifier.verify(**given)

    def with_signal(self, index: int, value: int) -> Bundle:
        public = list(self.bundle.public)
        public[index] = str(value)
        return self.bundle.model_copy(update={"public": public})


@pytest.fixture(scope="module")
def case(trial: Trial) -> Case:
    case = Case(trial.verifier(), trial.bundle(), trial.dataset(), trial.context)
    case.verify()
    return case


@pytest.mark.parametrize("index", range(SIGNALS))
def test_no_public_signal_can_be_changed(case: Case, index: int) -> None:
    value = case.bundle.signals[index]
    assert len(case.bundle.public) == SIGNALS
    for other in {(value + 1) % FIELD, (value - 1) % FIELD, 0, FIELD - value} - {value, FIELD}:
        with pytest.raises(InvalidProof):
            case.verify(bundle=case.with_signal(index, other))
    with pytest.raises(OutOfField):
        case.verify(bundle=case.with_signal(index, value + FIELD))


def test_no_pixel_can_be_changed(case: Case) -> None:
    for sample, pixel in np.ndindex(case.dataset.data.shape):
        data = case.dataset.data.copy()
        data[sample, pixel] += 1
        with pytest.raises(WrongData):
            case.verify(dataset=replace(case.dataset, data=data))


def test_no_label_can_be_changed(case: Case) -> None:
    for sample, label in enumerate(case.dataset.labels):
        for other in {*range(10)} - {int(label)}:
            labels = case.dataset.labels.copy()
            labels[sample] = other
            with pytest.raises(WrongData):
                case.verify(dataset=replace(case.dataset, labels=labels))


def test_neither_digest_nor_fold_alone_carries_the_data(case: Case) -> None:
    """A colliding digest would still be met by u, and a right u by the digest."""
    other = replace(case.dataset, digest="00" * 32)
    with pytest.raises(WrongData, match="another data set"):
        case.verify(dataset=other)
    flipped = replace(case.dataset, data=case.dataset.data[::-1])
    with pytest.raises(WrongData, match="folded data"):
        case.verify(dataset=flipped)


def test_a_proof_stays_in_its_context(case: Case) -> None:
    for other in (
        Context("digits/round-2/alice"),
        Context(CONTEXT + " "),
        replace(case.context, batch=1),
        replace(case.context, pool_root="ab" * 32),
        replace(case.context, contributor="01"),
    ):
        with pytest.raises(WrongContext):
            case.verify(context=other)


PROOFS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a point off the curve": lambda proof: proof.update(pi_a=["1", "3", "1"]),
    "another point": lambda proof: proof.update(pi_a=["1", "2", "1"]),
    "infinity": lambda proof: proof.update(pi_a=["0", "1", "0"]),
    "pi_c for pi_a": lambda proof: proof.update(pi_a=proof["pi_c"]),
    "a coordinate beyond the field": lambda proof: proof.update(
        pi_a=[str(int(proof["pi_a"][0]) + FIELD), *proof["pi_a"][1:]]
    ),
    "no pi_b": lambda proof: proof.pop("pi_b"),
    "words": lambda proof: proof.update(pi_b="words"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_no_other_proof_will_do(case: Case, name: str) -> None:
    proof = json.loads(json.dumps(case.bundle.proof))
    PROOFS[name](proof)
    with pytest.raises(InvalidProof):
        case.verify(bundle=case.bundle.model_copy(update={"proof": proof}))


# the same through the command line: exit code 1 and a reason


def test_the_command_says_why(trial: Trial, tmp_path: Path) -> None:
    with np.load(trial.file("test.npz")) as loaded:
        x, y = loaded["x"], loaded["y"]
    changed = tmp_path / "changed.npz"
    x[3, 20] = 16 if x[3, 20] < 8 else 0
    np.savez(changed, x=x, y=y)
    outcomes = {
        "WrongData": trial.verify(data=changed),
        "WrongContext": trial.verify(context="digits/round-1/bob"),
        "WrongCommitment": trial.verify("--commitment", "1"),
    }
    for reason, outcome in outcomes.items():
        assert outcome.code == 1
        assert (outcome.json["valid"], outcome.json["reason"]) == (False, reason)
        assert outcome.json["what"]


def test_an_inflated_count_is_refused(trial: Trial, tmp_path: Path) -> None:
    bundle = json.loads(trial.file("proof.json").read_text())
    bundle["public"][2] = str(int(bundle["public"][2]) + 1)
    (tmp_path / "proof.json").write_text(json.dumps(bundle))
    inflated = Trial(tmp_path, {})
    outcome = replace(inflated, folder=tmp_path).verify(data=trial.file("test.npz"))
    assert outcome.code == 2  # there is no build in that folder
    (tmp_path / "build").symlink_to(trial.build)
    outcome = inflated.verify(data=trial.file("test.npz"))
    assert (outcome.code, outcome.json["reason"]) == (1, "FalseProof")
