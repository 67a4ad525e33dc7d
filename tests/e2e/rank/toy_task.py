"""A task small enough to be set up and proved in seconds, and ways to spoil a bundle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from py_ecc import optimized_bn128 as bn128
from zkpot.cli.rank import rank as command
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import lower
from zkpot.compiler.frontend import Imported, import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.consensus.demo.cheats import relabelled
from zkpot.consensus.ranking import Ranking
from zkpot.prover.audit import remember_compiled
from zkpot.prover.build import ARCHITECTURE, R1CS, Build, write_build
from zkpot.prover.bundle import Bundle
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset, load_samples, prepared
from zkpot.prover.keys import Keys, load_keys, setup_dev
from zkpot.prover.prove import prove
from zkpot.prover.secret import commit, matching_model

SAMPLES, SIZES = 8, (6, 5, 3)
ROUND = "toy/round-1"
POOL_ROOT = "ab" * 32


@dataclass(frozen=True)
class Model:
    imported: Imported
    cm: int
    salt: int


@dataclass(frozen=True)
class Task:
    build: Build
    keys: Keys
    data: Path
    dataset: Dataset
    models: dict[str, Model]

    def proof(self, model: str, context: str, dataset: Dataset | None = None, **more) -> Bundle:
        m = self.models[model]
        proved = prove(
            self.build,
            self.keys,
            m.imported,
            dataset or self.dataset,
            Context(context, **more),
            salt=m.salt,
        )
        return proved.bundle


def network(folder: Path, name: str, seed: int, x, like: Path | None = None) -> Path:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=shape) for shape in pairwise(SIZES)]
    source, target = folder / f"{name}.float.onnx", folder / f"{name}.onnx"
    source.write_bytes(export_mlp(weights, [np.zeros(n) for n in SIZES[1:]]))
    target.write_bytes(quantize_model(source, x, like=like).model_bytes)
    return target


def dataset(build: Build, path: Path) -> Dataset:
    circuit = build.circuit
    shape, quantization = build.record.input_shape, circuit.model.quantization
    return prepared(load_samples(path), shape, quantization, circuit.classes, circuit.samples)


def reasons(ranking: Ranking) -> dict[str | None, str]:
    return {entry.bundle: entry.reason for entry in ranking.refused}


def counted(ranking: Ranking) -> set[str]:
    return {entry.bundle for entry in ranking.ranked}


def correct(task: Task, model: str) -> int:
    easy = relabelled(task.build.circuit, task.models[model].imported, task.dataset)
    return int((easy.labels == task.dataset.labels).sum())


def with_signal(bundle: Bundle, position: int, value: int) -> Bundle:
    public = [*bundle.public]
    public[position] = str(value)
    return bundle.model_copy(update={"public": public})


def rerandomized(bundle: Bundle, x: int) -> Bundle:
    """(A·x, B·1/x, C): e(A, B) is the same, no byte of A or B is."""
    proof = bundle.proof
    a = tuple(bn128.FQ(int(c)) for c in proof["pi_a"])
    b = tuple(bn128.FQ2([int(c) for c in pair]) for pair in proof["pi_b"])
    new_a = bn128.normalize(bn128.multiply(a, x))
    new_b = bn128.normalize(bn128.multiply(b, pow(x, -1, bn128.curve_order)))
    pi_a = [*(str(int(c)) for c in new_a), "1"]
    pi_b = [*([str(int(c)) for c in pair.coeffs] for pair in new_b), ["1", "0"]]
    return bundle.model_copy(update={"proof": {**proof, "pi_a": pi_a, "pi_b": pi_b}})


def toy_task(folder: Path) -> Task:
    x = np.random.default_rng(11).normal(size=(64, SIZES[0])).astype(np.float32)
    reference = network(folder, "reference", 0, x)
    model = import_model(reference)
    widths = chosen_accumulators(model.graph, model.values, model.accumulator_bits)
    widths = {name: replace(w, lo=4 * w.lo, hi=4 * w.hi + 3) for name, w in widths.items()}
    circuit = lower(model.graph, SAMPLES, model.weight_bits or 8, widths)
    architecture = strip_weights(reference.read_bytes())
    build = write_build(circuit, model.input_shape, architecture, folder / "build")
    remember_compiled(build)
    setup_dev(build.folder, build.file(R1CS))
    models = {}
    for seed, name in enumerate(("first", "second", "third"), 1):
        path = network(folder, name, seed, x, build.file(ARCHITECTURE))
        imported = matching_model(build, path)
        secret = commit(build, imported)
        models[name] = Model(imported, int(secret.cm), int(secret.salt))
    data = folder / "data.npz"
    np.savez(data, x=x[:SAMPLES], y=np.arange(SAMPLES) % 3)
    return Task(build, load_keys(build.folder), data, dataset(build, data), models)


def invoke(task: Task, *arguments: str) -> Result:
    common = ["--build", str(task.build.folder), "--data", str(task.data)]
    return CliRunner().invoke(command, [*common, *arguments])
