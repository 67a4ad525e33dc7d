"""A circuit that circom2 can't hold is refused before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.prover import limits
from zkpot.prover.compile_model import compile_model, lower_model
from zkpot.prover.limits import circom_bytes, most_samples, refuse_too_large

MODEL = Path(__file__).parents[2] / "models" / "zkpot" / "lenet_max.onnx"


@pytest.fixture(scope="module")
def imported():
    return import_model(MODEL)


def test_the_issues_circuit_fits(imported):
    refuse_too_large(lower_model(imported, 16))


def test_the_number_that_fits_is_the_largest(imported):
    circuit = lower_model(imported, 100)
    with pytest.raises(InputError, match="100 samples") as refusal:
        refuse_too_large(circuit)
    most = most_samples(circuit)
    assert f"at most {most} samples" in str(refusal.value)
    refuse_too_large(circuit.resized(most))
    assert circom_bytes(circuit.resized(most + 1)) > limits.CIRCOM_BYTES


def test_a_model_of_which_no_sample_fits(imported, monkeypatch):
    monkeypatch.setattr(limits, "CIRCOM_BYTES", 1000)
    with pytest.raises(InputError, match="not even one sample"):
        refuse_too_large(lower_model(imported, 2))


def test_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match="doesn't fit circom2"):
        compile_model(MODEL, 500, tmp_path / "build")
    assert list(tmp_path.iterdir()) == []
