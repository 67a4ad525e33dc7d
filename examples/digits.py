"""Trains a scikit-learn classifier on handwritten digits, and writes the files the tutorial uses.

Usage: python examples/digits.py [FOLDER [SAMPLES]]

FOLDER (here, if left out) gets model.onnx, train.npz, and test.npz with SAMPLES (100) digits that
the model wasn't trained on. Needs scikit-learn: pip install 'zkpot[demo]'.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from zkpot.compiler.frontend.export_mlp import export_mlp

TRAINED = 1200


def write_files(folder: Path, samples: int) -> None:
    """model.onnx and train.npz from the first TRAINED digits, test.npz from those behind them."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_digits(return_X_y=True)
    x = x.astype(np.float32)
    model = MLPClassifier((32,), max_iter=300, random_state=0).fit(x[:TRAINED], y[:TRAINED])
    (folder / "model.onnx").write_bytes(export_mlp(model.coefs_, model.intercepts_))
    np.savez(folder / "train.npz", x=x[:TRAINED], y=y[:TRAINED])
    test = slice(TRAINED, TRAINED + samples)
    np.savez(folder / "test.npz", x=x[test], y=y[test])


if __name__ == "__main__":
    write_files(
        Path(sys.argv[1] if len(sys.argv) > 1 else "."),
        int(sys.argv[2]) if len(sys.argv) > 2 else 100,
    )
