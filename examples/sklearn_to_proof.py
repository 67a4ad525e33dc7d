"""From a scikit-learn classifier to a verified proof of its accuracy.

Usage: python examples/sklearn_to_proof.py FOLDER [SAMPLES]

Everything lands in FOLDER, under the names that the commands of `zkpot` use in the tutorial.
Needs scikit-learn: pip install 'zkpot[demo]'.
"""

from __future__ import annotations

import sys
from pathlib import Path

from digits import write_files
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.prover.build import R1CS
from zkpot.prover.compile_model import compile_model
from zkpot.prover.context import Context
from zkpot.prover.dataset import load_samples
from zkpot.prover.keys import setup_dev
from zkpot.prover.workflow import commit_file, prove_file, verify_file

CONTEXT = Context("tutorial/round-1/alice")


def publish(folder: Path, samples: int) -> None:
    """int8.onnx, and the build with development keys."""
    calibration = load_samples(folder / "train.npz")
    result = quantize_model(folder / "model.onnx", calibration.x, calibration.y)
    (folder / "int8.onnx").write_bytes(result.model_bytes)
    print(result.report)
    made = compile_model(folder / "int8.onnx", samples, folder / "build", calibration=calibration)
    print(f"{made.build.record.constraints:,} constraints")
    setup_dev(made.build.folder, made.build.file(R1CS))


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
    write_files(folder, samples)
    publish(folder, samples)
    return prove_and_verify(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50)
