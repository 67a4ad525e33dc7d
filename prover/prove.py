"""Proving: the reference inference, the challenge, the fold, the witness, the proof."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkpot.compiler.circuit import Circuit
from zkpot.compiler.emit import emit
from zkpot.compiler.errors import InputError, ZkpotError
from zkpot.compiler.field import FIELD
from zkpot.compiler.folding import folded
from zkpot.compiler.frontend import Imported
from zkpot.compiler.interpret import interpret
from zkpot.compiler.ir import Graph
from zkpot.compiler.ops.base import IntArray
from zkpot.compiler.reads import data_read
from zkpot.compiler.statement import Statement, challenge, commitment, packed_labels

from . import atomic, snarkjs
from .audit import audit_circuit, audit_keys
from .build import WASM, Build
from .bundle import Bundle
from .context import Context
from .dataset import Dataset, duplicates
from .keys import Keys
from .manifest import Trust
from .process import Progress


@dataclass(frozen=True)
class Proved:
    """A bundle and what it says."""

    bundle: Bundle
    statement: Statement
    samples: int
    trust: Trust

    @property
    def correct(self) -> int:
        """k: how many samples are classified as labelled."""
        return self.statement.k


@dataclass(frozen=True)
class Assignment:
    """The circuit's inputs, for input.json, and the statement they should give."""

    inputs: Mapping[str, Any]
    statement: Statement


def assign(
    circuit: Circuit, imported: Imported, dataset: Dataset, ctx: int, salts: tuple[int, int]
) -> Assignment:
    """Runs the model in integers and computes every input signal of the circuit.

    ``salts``: of the commitment, and of the challenge (without which anyone could confirm a guess
    of the first layer from the public r).
    """
    values = interpret(circuit.graph, dataset.data, imported.values)
    outputs = {p.value: values[p.value] for p in circuit.absorption.challenge}
    cm = commitment(circuit, imported.values, salts[0])
    r = challenge(circuit, (cm, ctx, dataset.field, salts[1]), outputs)
    logits = values[circuit.evaluation.inputs[0]]
    statement = Statement(
        cm=cm,
        r=r,
        k=int((logits.argmax(-1) == dataset.labels).sum()),
        ctx=ctx,
        dataset=dataset.field,
        u=folded(circuit, dataset.data, r),
        labels=packed_labels(dataset.labels.tolist(), circuit.classes),
    )
    return Assignment(_inputs(circuit, statement, salts, {**imported.values, **outputs}), statement)


def _inputs(
    circuit: Circuit,
    statement: Statement,
    salts: tuple[int, int],
    tensors: Mapping[str, IntArray],
) -> dict[str, Any]:
    def decimal(rows: list[list[int]]) -> list[list[str]]:
        return [[str(v % FIELD) for v in row] for row in rows]

    names = emit(circuit).inputs
    private = {signal: decimal(tensors[value].tolist()) for value, signal in names.items()}
    return {
        "ctx": str(statement.ctx),
        "dataset": str(statement.dataset),
        "u": [str(v) for v in statement.u],
        "labels": [str(v) for v in statement.labels],
        "salt": [str(v) for v in salts],
        **private,
    }


def prove(
    build: Build,
    keys: Keys,
    imported: Imported,
    dataset: Dataset,
    context: Context,
    *,
    salt: int | None = None,
    allow_duplicates: bool = False,
    progress: Progress | None = None,
) -> Proved:
    """A bundle that proves how many of ``dataset`` the model classifies correctly.

    ``salt``: the registered commitment's; without one the proof commits for the first time.
    ``imported`` must come from `matching_model`. Every proof is verified before it is handed out.
    """
    say = progress or (lambda _line: None)
    _refuse_duplicates(build.circuit.model, dataset, allow_duplicates)
    say("checking the build: circuit and key against the architecture")
    audit_circuit(build, progress)
    zkey = audit_keys(build, keys)
    ctx = context.signal(build.circuit.id, keys.manifest.vk_sha256)
    salts = (secrets.randbelow(FIELD) if salt is None else salt, secrets.randbelow(FIELD))
    say("running the model in integers")
    assignment = assign(build.circuit, imported, dataset, ctx, salts)
    proof, public = _snarkjs_proof(build, zkey, assignment, say)
    expected = [str(s) for s in assignment.statement.signals()]
    if public != expected:
        raise ZkpotError(
            "the circuit computes another statement than the model in integers",
            why="this should not happen: the compiler and the interpreter disagree",
            remedy="report it, with the model",
        )
    bundle = Bundle(
        circuit_id=build.circuit.id,
        vk_sha256=keys.manifest.vk_sha256,
        dataset=dataset.digest,
        context=context.text,
        proof=proof,
        public=public,
    )
    _check(keys, bundle)
    return Proved(bundle, assignment.statement, build.circuit.samples, keys.manifest.trust)


def _refuse_duplicates(model: Graph, dataset: Dataset, allowed: bool) -> None:
    """Equal in all that the model reads; samples that differ a little can't be told apart from
    honest ones."""
    pairs = [] if allowed else duplicates(dataset, data_read(model))
    if pairs:
        first, later = pairs[0]
        raise InputError(
            f"samples {first} and {later} of the test set are equal in all that the model reads "
            f"({len(pairs)} such pairs)",
            why="k over copies of a sample reads out single predictions of a private model",
            remedy="refuse the test set, or pass --allow-duplicates if you know where it is from",
        )


def _snarkjs_proof(
    build: Build, zkey: Path, assignment: Assignment, say: Progress
) -> tuple[dict[str, Any], list[str]]:
    """input.json and the witness hold the weights: they live in a folder only we can read."""
    with tempfile.TemporaryDirectory(prefix="zkpot-prove-") as name:
        work = Path(name)
        atomic.write_bytes(work / "input.json", json.dumps(assignment.inputs).encode())
        say("computing the witness")
        snarkjs.calculate_witness(build.file(WASM), work / "input.json", work / "witness.wtns")
        say("proving")
        paths = work / "proof.json", work / "public.json"
        snarkjs.groth16_prove(zkey, work / "witness.wtns", *paths)
        return json.loads(paths[0].read_text()), json.loads(paths[1].read_text())


def _check(keys: Keys, bundle: Bundle) -> None:
    from .engine.verify import groth16_pairing_only, prepare_key  # numba takes a second to load

    if not groth16_pairing_only(prepare_key(keys.vk), bundle.signals, bundle.proof):
        raise ZkpotError(
            "the proof just made does not verify",
            why="the proving key does not belong to the verification key",
            remedy="run `zkpot setup` again, or fetch the build again",
        )
