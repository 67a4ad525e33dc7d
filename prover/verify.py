"""Verifying a bundle: every input signal is rebuilt from the data and the submitter.

The pairing check alone proves nothing about the data, since u is whatever the prover wrote. From
the bundle only the proof and the three outputs cm, r and k are taken; the rest must equal what
the verifier computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkpot.compiler.errors import InvalidProof
from zkpot.compiler.field import FIELD
from zkpot.compiler.folding import folded
from zkpot.compiler.statement import Statement, packed_labels

from .build import R1CS, Build
from .bundle import Bundle
from .context import Context
from .dataset import Dataset
from .keys import Keys
from .manifest import Trust


class WrongCircuit(InvalidProof):
    """The bundle is for another circuit."""


class WrongKey(InvalidProof):
    """The bundle is for another key, or the key is not to be trusted."""


class WrongData(InvalidProof):
    """The bundle is for other samples or labels, or its fold is not theirs."""


class WrongContext(InvalidProof):
    """The bundle was made for another submitter, round or task."""


class WrongCommitment(InvalidProof):
    """The bundle opens another commitment than the registered one."""


class OutOfField(InvalidProof):
    """A public signal is not a canonical field element."""


class FalseProof(InvalidProof):
    """The pairing equation does not hold."""


@dataclass(frozen=True)
class Verified:
    """What a valid bundle proves: ``correct`` of ``samples``, under ``trust``."""

    correct: int
    samples: int
    cm: int
    context: str
    trust: Trust


@dataclass(frozen=True)
class Pins:
    """What the task was announced with, from where the verifier trusts; None: not given.

    ``circuit_id``: as `zkpot compile` prints it. ``vk_sha256``: of verification_key.json, as
    `zkpot setup` prints it. A build's own files can't show that its key is its circuit's: with a
    key for a circuit in which k is free, beside the true circuit.json, any k would verify.
    """

    circuit_id: str | None = None
    vk_sha256: str | None = None

    def require(self, build: Build, keys: Keys) -> None:
        """Raises WrongCircuit or WrongKey for a build or keys that are not the pinned ones."""
        if self.circuit_id not in (None, build.circuit.id):
            raise WrongCircuit(
                f"{build.folder} holds circuit {build.circuit.id}",
                why=f"the task was announced with {self.circuit_id}",
                remedy="fetch the task's build from where it was announced",
            )
        if self.vk_sha256 not in (None, keys.manifest.vk_sha256):
            raise WrongKey(
                f"{keys.vk_path} is key {keys.manifest.vk_sha256}",
                why=f"the task was announced with {self.vk_sha256}",
                remedy="fetch the task's keys from where it was announced",
            )


class Verifier:
    """Holds a build's prepared key, so that many bundles verify in milliseconds each."""

    def __init__(
        self, build: Build, keys: Keys, *, allow_dev: bool = False, pins: Pins | None = None
    ) -> None:
        """``keys`` from `load_keys`, which holds the key against the digest that is pinned."""
        from .engine.verify import prepare_key  # numba takes a second to load

        (pins or Pins()).require(build, keys)
        build.refuse_changes()
        if keys.manifest.trust is Trust.DEV and not allow_dev:
            raise WrongKey(
                "the key is a development key",
                why="whoever ran its setup can forge any proof",
                remedy="use keys from a ceremony, or pass --allow-dev for a trial",
            )
        if keys.manifest.r1cs_sha256 != build.record.files.get(R1CS):
            raise WrongKey(
                "the key is for another circuit",
                why="keys.json names another r1cs than circuit.json",
                remedy="run `zkpot setup` for this build, or fetch it again",
            )
        self.build, self.keys = build, keys
        self._key: Any = prepare_key(keys.vk)

    def verify(
        self, bundle: Bundle, dataset: Dataset, context: Context, *, cm: int | None = None
    ) -> Verified:
        """Raises the InvalidProof that applies, or gives what is proven.

        ``dataset`` must come from `prepared` for this build; ``cm``: the registered commitment.
        """
        from .engine.verify import groth16_pairing_only

        self._check_names(bundle)
        statement = self._rebuilt(bundle, dataset, context)
        if cm is not None and statement.cm != cm:
            raise WrongCommitment(
                "the proof opens another commitment than the registered one",
                remedy="prove with the committed model and its SECRET.json",
            )
        if not groth16_pairing_only(self._key, statement.signals(), bundle.proof):
            raise FalseProof("the proof is false", why="the pairing equation does not hold")
        return Verified(
            statement.k,
            self.build.circuit.samples,
            statement.cm,
            context.text,
            self.keys.manifest.trust,
        )

    def _check_names(self, bundle: Bundle) -> None:
        if bundle.circuit_id != self.build.circuit.id:
            raise WrongCircuit(
                f"the proof is for circuit {bundle.circuit_id[:16]}…",
                why=f"this task's is {self.build.circuit.id[:16]}…",
            )
        if bundle.vk_sha256 != self.keys.manifest.vk_sha256:
            raise WrongKey(
                f"the proof is for key {bundle.vk_sha256[:16]}…",
                why=f"this task's is {self.keys.manifest.vk_sha256[:16]}…",
            )

    def _rebuilt(self, bundle: Bundle, dataset: Dataset, context: Context) -> Statement:
        """The statement from the verifier's own data; refuses a bundle that says another."""
        circuit, signals = self.build.circuit, bundle.signals
        if len(signals) != circuit.public_signals:
            raise InvalidProof(
                f"the proof has {len(signals)} public signals",
                why=f"{circuit.public_signals} are due",
            )
        if any(s >= FIELD for s in signals):
            raise OutOfField(
                "a public signal is not below the field order",
                why="the same proof would verify under several spellings of one statement",
            )
        cm, r, k = signals[:3]
        statement = Statement(
            cm=cm,
            r=r,
            k=k,
            ctx=context.signal(circuit.id, self.keys.manifest.vk_sha256),
            dataset=dataset.field,
            u=folded(circuit, dataset.data, r),
            labels=packed_labels(dataset.labels.tolist(), circuit.classes),
        )
        if bundle.dataset != dataset.digest or signals[4] != statement.dataset:
            raise WrongData("the proof is for another data set", why="its digest differs")
        if signals[3] != statement.ctx:
            raise WrongContext(
                f"the proof was not made for context {context.text!r}",
                why="its context signal is another one",
            )
        if signals != statement.signals():
            raise WrongData(
                "the proof's folded data or labels are not this data set's",
                why="they differ from what the verifier computes from the data and r",
            )
        if k > circuit.samples:
            raise InvalidProof(f"the proof counts {k} of {circuit.samples} samples")
        return statement
