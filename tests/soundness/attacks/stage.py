"""The victim of the attacks: a small task, its verifier, and what an attacker does to bundles."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from rig import models
from rig.build import library
from rig.witness import _plain
from toy_task import ROUND, Task
from trial import Outcome, zkpot
from zkpot.compiler.circuit import lower
from zkpot.compiler.folding import folded
from zkpot.compiler.ops.base import IntArray
from zkpot.compiler.statement import Statement, commitment, packed_labels
from zkpot.consensus.admission import Terms
from zkpot.consensus.ranking import Ranking, rank
from zkpot.consensus.submission import Submission
from zkpot.prover import snarkjs
from zkpot.prover.audit import remember_compiled
from zkpot.prover.build import ARCHITECTURE, R1CS, WASM, write_build
from zkpot.prover.bundle import Bundle, write_bundle
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset, digest
from zkpot.prover.keys import load_keys, setup_dev
from zkpot.prover.prove import prove
from zkpot.prover.verify import Verified, Verifier

ALICE, MALLORY = f"{ROUND}/alice", f"{ROUND}/mallory"
CM, R, K, CTX, DATASET, U = range(6)
"""Positions among the public signals; the labels come last."""


@dataclass(frozen=True)
class Stage:
    """A task with its verifier, who accepts development keys here and nothing else unusual."""

    task: Task

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.task.build, self.task.keys, allow_dev=True)

    @property
    def folder(self) -> Path:
        return self.task.data.parent

    def proof(
        self,
        model: str,
        context: str | Context,
        dataset: Dataset | None = None,
        *,
        allow_duplicates: bool = False,
    ) -> Bundle:
        """What an honest prover makes of these."""
        return prove(
            self.task.build,
            self.task.keys,
            self.task.models[model].imported,
            dataset or self.task.dataset,
            Context(context) if isinstance(context, str) else context,
            salt=self.task.models[model].salt,
            allow_duplicates=allow_duplicates,
        ).bundle

    # what the verifier says

    def verify(
        self,
        bundle: Bundle,
        dataset: Dataset | None = None,
        context: str | Context = ALICE,
        cm: int | None = None,
    ) -> Verified:
        where = Context(context) if isinstance(context, str) else context
        return self.verifier.verify(bundle, dataset or self.task.dataset, where, cm=cm)

    def accepts(
        self, bundle: Bundle, dataset: Dataset | None = None, context: str | Context = ALICE
    ) -> int:
        """The count that is proven."""
        return self.verify(bundle, dataset, context).correct

    def refuses(self, bundle: Bundle, error: type[Exception], **terms: Any) -> None:
        with pytest.raises(error):
            self.verify(bundle, **terms)

    def rank(self, bundles: Mapping[str, Bundle], **terms: Any) -> Ranking:
        handed_in = [Submission(name, bundle) for name, bundle in bundles.items()]
        return rank(
            handed_in, self.verifier, self.task.dataset, beacon=b"\x2a", terms=Terms(**terms)
        )

    # what an attacker does

    def data(self, *, data: IntArray | None = None, labels: IntArray | None = None) -> Dataset:
        """The test set with other samples or labels, and the digest that is theirs."""
        own = self.task.dataset
        x, y = own.data if data is None else data, own.labels if labels is None else labels
        return Dataset(x, y, digest(x, y, self.task.build.circuit.model.quantization))

    def dressed(self, bundle: Bundle, context: str = ALICE) -> Bundle:
        """``bundle`` with every signal and name replaced by what the verifier will compute."""
        circuit, dataset, keys = self.task.build.circuit, self.task.dataset, self.task.keys
        cm, r, k = bundle.signals[:3]
        statement = Statement(
            cm=cm,
            r=r,
            k=k,
            ctx=Context(context).signal(circuit.id, keys.manifest.vk_sha256),
            dataset=dataset.field,
            u=folded(circuit, dataset.data, r),
            labels=packed_labels(dataset.labels.tolist(), circuit.classes),
        )
        return bundle.model_copy(
            update={
                "circuit_id": circuit.id,
                "vk_sha256": keys.manifest.vk_sha256,
                "dataset": dataset.digest,
                "context": context,
                "public": [str(s) for s in statement.signals()],
            }
        )

    def bundle(self, proof: Mapping[str, Any], public: Sequence[object], context: str) -> Bundle:
        """A bundle about this task with a proof and signals of the attacker's choice."""
        return Bundle(
            circuit_id=self.task.build.circuit.id,
            vk_sha256=self.task.keys.manifest.vk_sha256,
            dataset=self.task.dataset.digest,
            context=context,
            proof=dict(proof),
            public=[str(s) for s in public],
        )

    def lab(self, model: str, context: str = ALICE) -> models.Task:
        """The task as the tests' rig has it, for witnesses that no honest prover would make."""
        circuit, owned = self.task.build.circuit, self.task.models[model]
        return models.Task(
            circuit,
            owned.imported.values,
            self.task.dataset.data,
            self.task.dataset.labels.tolist(),
            ctx=Context(context).signal(circuit.id, self.task.keys.manifest.vk_sha256),
            dataset=self.task.dataset.field,
            salts=(owned.salt, 98),
        )

    def prove_inputs(self, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """snarkjs's proof and public signals for input signals of the attacker's choice."""
        assert self.task.keys.zkey is not None
        wasm = self.task.build.file(WASM)
        return proved(wasm, self.task.keys.zkey, inputs)

    def of_another_circuit(self, folder: Path) -> Stage:
        """Accumulators may take one bit more: another circuit, with signals in the same places."""
        own = self.task.build
        wider = {
            name: replace(width, lo=2 * width.lo, hi=2 * width.hi + 1)
            for name, width in own.circuit.accumulators.items()
        }
        circuit = lower(own.circuit.model, own.circuit.samples, own.circuit.weight_bits, wider)
        architecture = own.file(ARCHITECTURE).read_bytes()
        build = write_build(circuit, own.record.input_shape, architecture, folder / "build")
        remember_compiled(build)
        setup_dev(build.folder, build.file(R1CS))
        salted = {
            name: replace(m, cm=commitment(circuit, m.imported.values, m.salt))
            for name, m in self.task.models.items()
        }
        keys = load_keys(build.folder)
        return Stage(replace(self.task, build=build, keys=keys, models=salted))

    # the command line and its files

    def write_library(self, folder: Path) -> None:
        """The Circom library as files, for a publisher who compiles something else with it."""
        for path, text in library().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)

    def copy(self, folder: Path) -> Path:
        """A BUILD that a test may spoil."""
        return Path(shutil.copytree(self.task.build.folder, folder / "build"))

    def run_verify(
        self, bundle: Bundle, folder: Path, *extra: object, **changes: object
    ) -> Outcome:
        """`zkpot verify`; ``changes``: other values of --build, --data and --context."""
        write_bundle(folder / "bundle.json", bundle)
        given = {"build": self.task.build.folder, "data": self.task.data, "context": ALICE}
        flags = [
            text for key, value in {**given, **changes}.items() for text in (f"--{key}", value)
        ]
        return zkpot("verify", folder / "bundle.json", *flags, *extra, "--json")

    def run_rank(
        self, bundle: Bundle, folder: Path, *extra: object, build: Path | None = None
    ) -> Outcome:
        """`zkpot rank` of this one bundle: 1 where it doesn't count."""
        write_bundle(folder / "bundle.json", bundle)
        where = ("--build", build or self.task.build.folder, "--data", self.task.data)
        return zkpot("rank", folder / "bundle.json", *where, "--beacon", "2a", *extra, "--json")

    def run_prove(self, folder: Path, build: Path, model: str = "first") -> Outcome:
        """`zkpot prove` with a build that may be spoilt."""
        where = ("--model", self.folder / f"{model}.onnx", "--data", self.task.data)
        return zkpot(
            "prove", build, *where, "--context", ALICE, "--out", folder / "new.json", "--json"
        )


def proved(wasm: Path, zkey: Path, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Proof and public signals that a witness generator and a key give for ``inputs``."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        plain = {name: _plain(value) for name, value in inputs.items()}
        (work / "input.json").write_text(json.dumps(plain))
        snarkjs.calculate_witness(wasm, work / "input.json", work / "witness.wtns")
        paths = work / "proof.json", work / "public.json"
        snarkjs.groth16_prove(zkey, work / "witness.wtns", *paths)
        return json.loads(paths[0].read_text()), json.loads(paths[1].read_text())


def reasons(ranking: Ranking) -> dict[str | None, str]:
    return {entry.bundle: entry.reason for entry in ranking.refused}


def ranked(ranking: Ranking) -> set[str]:
    return {entry.bundle for entry in ranking.ranked}


def with_signal(bundle: Bundle, position: int, value: object) -> Bundle:
    public = [*bundle.public]
    public[position] = str(value)
    return bundle.model_copy(update={"public": public})
