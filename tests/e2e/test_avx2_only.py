"""Models that `zkpot quantize` writes mean the same on a processor with AVX2 only."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.prover.process import run

TRAINED = 1200


@pytest.mark.long
def test_quantized_digits_agree_under_valgrind(tmp_path: Path) -> None:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        pytest.skip("valgrind (a Debian package) is not installed")
    digits = load_digits()
    x, y = digits.data.astype(np.float32), digits.target
    network = MLPClassifier((32,), max_iter=60, random_state=0).fit(x[:TRAINED], y[:TRAINED])
    (tmp_path / "float.onnx").write_bytes(export_mlp(network.coefs_, network.intercepts_))
    quantized = quantize_model(tmp_path / "float.onnx", x[:TRAINED], y[:TRAINED])
    (tmp_path / "int8.onnx").write_bytes(quantized.model_bytes)
    np.savez(tmp_path / "data.npz", x=x[TRAINED:])
    script = Path(__file__).with_name("avx2_only.py")
    done = run(
        [valgrind, "--tool=none", sys.executable, str(script), "int8.onnx", "data.npz"],
        cwd=tmp_path,
        timeout_s=600,
        what="comparing under valgrind",
    )
    assert done.returncode == 0, done.stdout + done.stderr
