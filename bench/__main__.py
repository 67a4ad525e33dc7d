"""`python -m bench`: the digits MLP, 64-32-10 with n = 100, from training to verification.

Prints a Markdown table; docs/benchmarks.md keeps one with the machine it was made on.
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import lower
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.prover.build import R1CS, open_build, write_build
from zkpot.prover.context import Context
from zkpot.prover.dataset import load_samples, prepared
from zkpot.prover.keys import load_keys, setup_dev
from zkpot.prover.prove import prove
from zkpot.prover.secret import matching_model
from zkpot.prover.verify import Verifier

from .stopwatch import Reading, stopwatch

SAMPLES = 100
TRAINED = 1200


def main() -> None:
    """Runs every step once, verification twenty times."""
    rows: list[tuple[str, Reading]] = []
    with tempfile.TemporaryDirectory(prefix="zkpot-bench-") as name:
        work = Path(name)
        constraints = _measure(work, rows)
        size = (work / "build" / "circuit_final.zkey").stat().st_size
    machine = f"{platform.machine()}, {platform.processor() or 'unknown'}"
    print(f"{machine}, Python {platform.python_version()}")
    print(f"{constraints} constraints, zkey {size / 1e6:.0f} MB\n")
    print("| step | wall s | CPU s | peak memory MB |\n|---|---|---|---|")
    for step, reading in rows:
        print(f"| {step} | {reading.wall:.3f} | {reading.cpu:.3f} | {reading.peak / 1e6:.0f} |")


def _measure(work: Path, rows: list[tuple[str, Reading]]) -> int:
    model, data = _task(work)
    with stopwatch() as reading:
        imported = import_model(model)
        widths = chosen_accumulators(imported.graph, imported.values, imported.accumulator_bits)
        circuit = lower(imported.graph, SAMPLES, imported.weight_bits or 8, widths)
        architecture = strip_weights(model.read_bytes())
        folder = work / "build"
        write_build(circuit, imported.input_shape, architecture, folder)
    rows.append(("compile", reading))
    with stopwatch() as reading:
        setup_dev(folder, folder / R1CS)
    rows.append(("setup --dev", reading))
    build, keys = open_build(folder), load_keys(folder)
    quantization, classes = build.circuit.model.quantization, build.circuit.classes
    shape = build.record.input_shape
    dataset = prepared(load_samples(data), shape, quantization, classes, SAMPLES)
    matching = matching_model(build, model)
    context = Context("bench")
    prove(build, keys, matching, dataset, context)
    with stopwatch() as reading:
        proved = prove(build, keys, matching, dataset, context)
    rows.append(("prove (build audited before)", reading))
    verifier = Verifier(build, keys, allow_dev=True)
    verifier.verify(proved.bundle, dataset, context)
    with stopwatch() as reading:
        for _ in range(20):
            verifier.verify(proved.bundle, dataset, context)
    rows.append(
        (
            "verify, mean of 20 in one process",
            Reading(reading.wall / 20, reading.cpu / 20, reading.peak),
        )
    )
    return build.record.constraints


def _task(work: Path) -> tuple[Path, Path]:
    digits = load_digits()
    x, y = digits.data.astype(np.float32), digits.target
    network = MLPClassifier((32,), max_iter=150, random_state=0).fit(x[:TRAINED], y[:TRAINED])
    (work / "float.onnx").write_bytes(export_mlp(network.coefs_, network.intercepts_))
    quantized = quantize_model(work / "float.onnx", x[:TRAINED], y[:TRAINED])
    (work / "int8.onnx").write_bytes(quantized.model_bytes)
    test = slice(TRAINED, TRAINED + SAMPLES)
    np.savez(work / "data.npz", x=x[test], y=y[test])
    return work / "int8.onnx", work / "data.npz"


if __name__ == "__main__":
    main()
