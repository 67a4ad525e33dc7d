"""`python -m bench [TASK…]`: tasks from an int8 model to verification, every step measured.

``digits``: the MLP 64-32-10 with n = 100, from training on; the default. ``lenet_max``, ``resnet``,
``depthwise`` …: the networks in tests/models/zkpot with n = 1. Prints a Markdown table for each;
docs/benchmarks.md keeps them with the machine that they were made on.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.prover.build import R1CS, open_build
from zkpot.prover.compile_model import compile_model
from zkpot.prover.context import Context
from zkpot.prover.dataset import load_samples, prepared
from zkpot.prover.keys import load_keys, setup_dev
from zkpot.prover.prove import prove
from zkpot.prover.secret import matching_model
from zkpot.prover.verify import Verifier

from examples.mnist.data import load_digits as load_mnist
from examples.mnist.data import split_digits

from .stopwatch import Reading, stopwatch

SAMPLES = 100
TRAINED = 1200
VERIFICATIONS = 20
NETWORKS = Path(__file__).parents[1] / "tests" / "models" / "zkpot"


def main(tasks: list[str]) -> None:
    """Runs every step of each task once, verification twenty times."""
    print(f"{platform.machine()}, Python {platform.python_version()}")
    for task in tasks or ["digits"]:
        with tempfile.TemporaryDirectory(prefix="zkpot-bench-") as name:
            _report(task, Path(name))


def _report(task: str, work: Path) -> None:
    samples = SAMPLES if task == "digits" else 1
    model = _digits(work) if task == "digits" else _network(task, work, samples)
    rows, constraints = _measured(model, work / "data.npz", samples, work / "build")
    size = (work / "build" / "circuit_final.zkey").stat().st_size
    print(f"\n{task}, n = {samples}: {constraints} constraints, zkey {size / 1e6:.0f} MB\n")
    print("| step | wall s | CPU s | peak memory MB |\n|---|---|---|---|")
    for step, reading in rows:
        print(f"| {step} | {reading.wall:.3f} | {reading.cpu:.3f} | {reading.peak / 1e6:.0f} |")


def _measured(
    model: Path, data: Path, samples: int, folder: Path
) -> tuple[list[tuple[str, Reading]], int]:
    rows: list[tuple[str, Reading]] = []
    with stopwatch() as reading:
        compile_model(model, samples, folder)
    rows.append(("compile", reading))
    with stopwatch() as reading:
        setup_dev(folder, folder / R1CS)
    rows.append(("setup --dev", reading))
    build, keys = open_build(folder), load_keys(folder)
    quantization, classes = build.circuit.model.quantization, build.circuit.classes
    shape = build.record.input_shape
    dataset = prepared(load_samples(data), shape, quantization, classes, samples)
    with stopwatch() as reading:
        proved = prove(build, keys, matching_model(build, model), dataset, Context("bench"))
    rows.append(("prove", reading))
    verifier = Verifier(build, keys, allow_dev=True)
    verifier.verify(proved.bundle, dataset, Context("bench"))
    with stopwatch() as reading:
        for _ in range(VERIFICATIONS):
            verifier.verify(proved.bundle, dataset, Context("bench"))
    mean = Reading(reading.wall / VERIFICATIONS, reading.cpu / VERIFICATIONS, reading.peak)
    rows.append((f"verify, mean of {VERIFICATIONS} in one process", mean))
    return rows, build.record.constraints


def _digits(work: Path) -> Path:
    digits = load_digits()
    x, y = digits.data.astype(np.float32), digits.target
    network = MLPClassifier((32,), max_iter=150, random_state=0).fit(x[:TRAINED], y[:TRAINED])
    (work / "float.onnx").write_bytes(export_mlp(network.coefs_, network.intercepts_))
    quantized = quantize_model(work / "float.onnx", x[:TRAINED], y[:TRAINED])
    (work / "int8.onnx").write_bytes(quantized.model_bytes)
    test = slice(TRAINED, TRAINED + SAMPLES)
    np.savez(work / "data.npz", x=x[test], y=y[test])
    return work / "int8.onnx"


def _network(name: str, work: Path, samples: int) -> Path:
    test = split_digits(load_mnist())[1]
    np.savez(work / "data.npz", x=test.x[:samples], y=test.y[:samples])
    return NETWORKS / f"{name}.onnx"


if __name__ == "__main__":
    main(sys.argv[1:])
