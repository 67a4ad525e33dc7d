"""From a scikit-learn classifier to a verified proof of its accuracy.

Usage: python examples/sklearn_to_proof.py FOLDER [SAMPLES]

Everything lands in FOLDER, under the names that the commands of `zkpot` use in the tutorial.
Needs scikit-learn: pip install 'zkpot[demo]'.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.prover.build import R1CS
from zkpot.prover.compile_model import compile_model
from zkpot.prover.context import Context
from zkpot.prover.dataset import load_samples
from zkpot.prover.keys import setup_dev
from zkpot.prover.workflow import commit_file, prove_file, verify_file

TRAINED = 1200
CONTEXT = Context("tutorial/round-1/alice")


def train(folder: Path) -> None:
    """float.onnx and calibration.npz, from the first TRAINED digits."""
    x, y = load_digits(return_X_y=True)
    x, y = x[:TRAINED].astype(np.float32), y[:TRAINED]
    model = MLPClassifier((32,), alpha=1e-2, max_iter=500, random_state=0).fit(x, y)
    (folder / "float.onnx").write_bytes(export_mlp(model.coefs_, model.intercepts_))
    np.savez(folder / "calibration.npz", x=x, y=y)


def publish(folder: Path, samples: int) -> None:
    """int8.onnx, the build with development keys, and test.npz of digits that nobody trained on."""
    calibration = load_samples(folder / "calibration.npz")
    result = quantize_model(folder / "float.onnx", calibration.x, calibration.y)
    (folder / "int8.onnx").write_bytes(result.model_bytes)
    print(result.report)
    made = compile_model(folder / "int8.onnx", samples, folder / "build", calibration=calibration)
    print(f"{made.build.record.constraints:,} constraints")
    setup_dev(made.build.folder, made.build.file(R1CS))
    x, y = load_digits(return_X_y=True)
    test = slice(TRAINED, TRAINED + samples)
    np.savez(folder / "test.npz", x=x[test].astype(np.float32), y=y[test])


def prove_and_verify(folder: Path) -> int:
    """secret.json and proof.json; the proven count, as somebody without the weights sees it."""
    build, model, data = folder / "build", folder / "int8.onnx", folder / "test.npz"
    secret, proof = folder / "secret.json", folder / "proof.json"
    commitment = commit_file(build, model, secret)
    prove_file(build, model, data, CONTEXT, proof, secret=secret)
    cm = int(commitment.cm)
    verified = verify_file(proof, build, data, CONTEXT, allow_dev=True, cm=cm)
    print(f"proven: {verified.correct} of {verified.samples} test digits are classified correctly")
    return verified.correct


def main(folder: Path, samples: int) -> int:
    """All of it; the proven count."""
    folder.mkdir(parents=True, exist_ok=True)
    train(folder)
    publish(folder, samples)
    return prove_and_verify(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50)
