"""What there is to say about a build or a finished proof: gathered here, drawn in report_page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from zkpot.compiler.errors import InputError, InvalidProof
from zkpot.compiler.interpret import interpret
from zkpot.compiler.ir import Graph
from zkpot.compiler.ops.base import IntArray

from .build import ARCHITECTURE, R1CS, RECORD, WASM, Build, open_build
from .bundle import Bundle, read_bundle
from .context import Context
from .dataset import Dataset, load_samples
from .documents import read_document
from .estimate import Estimate, estimate
from .explain import Explanation, explain
from .keys import load_keys
from .manifest import MANIFEST, VERIFICATION_KEY, ZKEY, KeyManifest, read_manifest
from .secret import matching_model
from .verify import Verifier
from .workflow import read_test_set

SIZED = (R1CS, WASM, ZKEY, VERIFICATION_KEY, ARCHITECTURE, RECORD)

Confidence = Callable[[int, int], tuple[float, float]]
"""(correct, samples) -> the interval, within [0, 1], that the true share is believed to lie in."""


class Verdict(StrEnum):
    """Whether the proof was checked, and held."""

    VALID = "valid"
    INVALID = "invalid"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Accuracy:
    """``correct`` of ``samples`` by ``source``, and a confidence interval of the share."""

    source: str
    correct: int
    samples: int
    low: float
    high: float


@dataclass(frozen=True)
class Confusion:
    """(classes, classes) counts: rows are labels, columns what ``source`` predicts."""

    source: str
    counts: IntArray


@dataclass(frozen=True)
class ProofReport:
    """``correct``: k, only where the verdict is valid more than a claim. ``reason``: of a refusal.

    ``context``: what it was checked for; ``claimed``: whether nobody but the bundle says so.
    """

    verdict: Verdict
    reason: str
    correct: int
    cm: str
    challenge: str
    context: str
    claimed: bool
    dataset: str
    bytes: int


@dataclass(frozen=True)
class Report:
    """``sizes``: bytes of each file that is there; ``seconds``: recorded, by step."""

    graph: Graph
    classes: int
    input_shape: tuple[int, ...]
    explanation: Explanation
    estimate: Estimate
    accuracies: tuple[Accuracy, ...]
    confusion: Confusion | None
    proof: ProofReport | None
    keys: KeyManifest | None
    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    tools: Mapping[str, str]
    seconds: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """A JSON object: the verdict, accuracies, confusion matrix and sizes."""
        return {
            "circuit_id": self.explanation.circuit_id,
            "samples": self.explanation.samples,
            "constraints": self.explanation.constraints,
            "proof": None if self.proof is None else asdict(self.proof),
            "trust": None if self.keys is None else self.keys.trust,
            "accuracies": [asdict(one) for one in self.accuracies],
            "confusion": None if self.confusion is None else self.confusion.counts.tolist(),
            "sizes": dict(self.sizes),
            "seconds": dict(self.seconds),
        }


@dataclass(frozen=True)
class Sources:
    """What a report may draw on besides the build. ``float_model`` and ``int8`` need ``data``.

    ``context``: of the proof, by default the bundle's own claim; ``pool_root`` and ``batch``: as in
    `Context`. ``times``: a JSON object, step -> seconds.
    """

    bundle: Path | None = None
    data: Path | None = None
    float_model: Path | None = None
    int8: Path | None = None
    context: str | None = None
    pool_root: str = ""
    batch: int = 0
    times: Path | None = None


def report(folder: Path, sources: Sources, confidence: Confidence) -> Report:
    """Everything known about the build in ``folder``; nothing is compiled or proven.

    Raises InputError for files that are not what they should be; a proof that does not verify is
    no error, but said in the report.
    """
    build = open_build(folder)
    circuit = build.circuit
    dataset = None if sources.data is None else read_test_set(build, sources.data)
    predicted = {} if dataset is None else _predicted(build, sources, dataset)
    if dataset is None and (sources.float_model or sources.int8):
        raise InputError(
            "a model without data", why="there is nothing to run it on", remedy="add --data"
        )
    proof = None if sources.bundle is None else _proof(build, sources, sources.bundle, dataset)
    keys = read_manifest(folder) if (folder / MANIFEST).exists() else None
    return Report(
        graph=circuit.graph,
        classes=circuit.classes,
        input_shape=build.record.input_shape,
        explanation=explain(circuit),
        estimate=estimate(circuit),
        accuracies=tuple(_accuracies(predicted, dataset, proof, circuit.samples, confidence)),
        confusion=_confusion(predicted, dataset, circuit.classes),
        proof=proof,
        keys=keys,
        sizes={name: (folder / name).stat().st_size for name in SIZED if (folder / name).exists()},
        digests=_digests(build, keys),
        tools=build.record.tools,
        seconds={} if sources.times is None else _times(sources.times),
    )


def _predicted(build: Build, sources: Sources, dataset: Dataset) -> dict[str, IntArray]:
    """Classes by source, in the order float, int8."""
    found = {}
    if sources.float_model is not None:
        from zkpot.compiler.frontend.predictions import predictions  # loads onnxruntime

        assert sources.data is not None
        found["float"] = predictions(sources.float_model, load_samples(sources.data).x)
    if sources.int8 is not None:
        imported = matching_model(build, sources.int8)
        model = build.circuit.model
        found["int8"] = interpret(model, dataset.data, imported.values)[model.output].argmax(-1)
    return found


def _accuracies(
    predicted: Mapping[str, IntArray],
    dataset: Dataset | None,
    proof: ProofReport | None,
    samples: int,
    confidence: Confidence,
) -> list[Accuracy]:
    counts = {
        source: int((classes == dataset.labels).sum())
        for source, classes in predicted.items()
        if dataset is not None
    }
    if proof is not None and proof.verdict is Verdict.VALID:
        counts["proven"] = proof.correct
    return [Accuracy(s, k, samples, *confidence(k, samples)) for s, k in counts.items()]


def _confusion(
    predicted: Mapping[str, IntArray], dataset: Dataset | None, classes: int
) -> Confusion | None:
    """Of the last source, int8 where there is one; None where a class number is out of range."""
    if dataset is None or not predicted:
        return None
    source, found = list(predicted.items())[-1]
    if found.min() < 0 or found.max() >= classes:
        return None
    flat = np.bincount(dataset.labels * classes + found, minlength=classes * classes)
    return Confusion(source, flat.reshape(classes, classes).astype(np.int64))


def _proof(build: Build, sources: Sources, path: Path, dataset: Dataset | None) -> ProofReport:
    bundle = read_bundle(path)
    text = bundle.context if sources.context is None else sources.context
    context = Context(text, pool_root=sources.pool_root, batch=sources.batch)
    verdict, reason = _verdict(build, bundle, context, dataset)
    return ProofReport(
        verdict=verdict,
        reason=reason,
        correct=bundle.signals[2],
        cm=bundle.public[0],
        challenge=bundle.public[1],
        context=text,
        claimed=sources.context is None,
        dataset=bundle.dataset,
        bytes=path.stat().st_size,
    )


def _verdict(
    build: Build, bundle: Bundle, context: Context, dataset: Dataset | None
) -> tuple[Verdict, str]:
    """Development keys are accepted: the report shows the trust level beside the verdict."""
    if dataset is None:
        return Verdict.UNCHECKED, "no test set was given, and a proof says nothing without it"
    try:
        Verifier(build, load_keys(build.folder), allow_dev=True).verify(bundle, dataset, context)
    except InvalidProof as error:
        return Verdict.INVALID, f"{error.what}: {error.why}" if error.why else error.what
    return Verdict.VALID, ""


def _digests(build: Build, keys: KeyManifest | None) -> dict[str, str]:
    found = {"circuit id": build.circuit.id, **build.record.files}
    if keys is not None:
        found |= {VERIFICATION_KEY: keys.vk_sha256, ZKEY: keys.zkey_sha256}
        if keys.ptau_sha256 is not None:
            found["powers of tau"] = keys.ptau_sha256
    return found


def _times(path: Path) -> dict[str, float]:
    remedy = 'it reads like {"compile": 21.3, "prove": 22.0}: seconds by step'
    return read_document(path, dict[str, float], kind="a record of times", remedy=remedy)
