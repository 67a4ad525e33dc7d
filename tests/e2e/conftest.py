"""One small task on real digits, taken through the command line once and shared by the tests."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

sys.path.insert(0, str(Path(__file__).parent))

from trial import HIDDEN, SAMPLES, Trial, done, trained


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    loaded = load_digits()
    return loaded.data.astype(np.float32), loaded.target


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory, digits: tuple[np.ndarray, np.ndarray]) -> Trial:
    folder, (x, y) = tmp_path_factory.mktemp("trial"), digits
    np.savez(folder / "train.npz", x=x[:1000], y=y[:1000])
    np.savez(folder / "test.npz", x=x[1400 : 1400 + SAMPLES], y=y[1400 : 1400 + SAMPLES])
    (folder / "float.onnx").write_bytes(trained(x[:1000], y[:1000], HIDDEN))
    model, build, train = folder / "int8.onnx", folder / "build", folder / "train.npz"
    trial = Trial(folder, {})
    said = trial.said
    said["quantize"] = done(
        "quantize", folder / "float.onnx", "--calibration", train, "--out", model
    )
    size = ("--samples", SAMPLES)
    said["estimate"] = done("estimate", model, *size, "--calibration", train)
    said["compile"] = done("compile", model, *size, "--calibration", train, "--out", build)
    said["setup"] = done("setup", build, "--dev")
    said["commit"] = done("commit", build, "--model", model, "--out", folder / "secret.json")
    proved = trial.prove(folder / "proof.json")
    assert proved.code == 0, proved.err
    said["prove"] = proved.json
    return trial


@pytest.fixture
def copy(trial: Trial, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trial.build, tmp_path / "copy"))
