"""The estimate, held against the circuit that is compiled afterwards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from trial import Trial, done, trained
from zkpot.compiler.accumulators import chosen_accumulators, worst_cases
from zkpot.compiler.circuit import costs, lower
from zkpot.compiler.frontend import import_model
from zkpot.compiler.ir import Interval
from zkpot.compiler.sizes import circuit_size
from zkpot.prover.build import compile_source
from zkpot.prover.compile_model import lower_model
from zkpot.prover.engine.r1cs import r1cs_info
from zkpot.prover.estimate import circuit_of, estimate, estimate_model


@dataclass(frozen=True)
class Models:
    digits: Path
    """64-32-10 with power-of-two ratios."""
    ratios: Path
    """A narrow one with scales as quantize_static chooses them, none a power of two."""


@pytest.fixture(scope="module")
def models(
    tmp_path_factory: pytest.TempPathFactory, digits: tuple[np.ndarray, np.ndarray]
) -> Models:
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    folder, (x, y) = tmp_path_factory.mktemp("models"), digits
    (folder / "float.onnx").write_bytes(trained(x[:1000], y[:1000], 32))
    (folder / "narrow.onnx").write_bytes(trained(x[:1000], y[:1000], 6))
    np.savez(folder / "train.npz", x=x[:500], y=y[:500])
    target = folder / "int8.onnx"
    calibration = ("--calibration", folder / "train.npz")
    done("quantize", folder / "float.onnx", *calibration, "--out", target)

    class Batches(CalibrationDataReader):
        def __init__(self) -> None:
            self.rows = iter(x[:100, None])

        def get_next(self) -> dict[str, np.ndarray] | None:
            row = next(self.rows, None)
            return None if row is None else {"x": row}

    quantize_static(
        str(folder / "narrow.onnx"),
        str(folder / "ratios.onnx"),
        Batches(),
        per_channel=True,
        weight_type=QuantType.QInt8,
    )
    return Models(target, folder / "ratios.onnx")


def compare(model: Path, samples: int, folder: Path) -> None:
    circuit = circuit_of(model, samples)
    before = estimate(circuit)
    compile_source(circuit, folder)
    info = r1cs_info(folder / "circuit.r1cs")
    assert before.constraints == info.constraints
    assert before.public_signals == info.public_outputs + info.public_inputs
    assert before.nonzeros == pytest.approx(info.nonzeros, rel=0.02)
    assert circuit_size(circuit).wires == pytest.approx(info.wires, rel=0.005)
    assert 1 << before.domain_power > info.constraints + before.public_signals
    assert 1 << (before.domain_power - 1) <= info.constraints + before.public_signals


def test_digits_with_20_samples(models: Models, tmp_path: Path) -> None:
    compare(models.digits, 20, tmp_path)


def test_digits_with_100_samples(models: Models, tmp_path: Path) -> None:
    compare(models.digits, 100, tmp_path)


def test_ratios_that_are_no_power_of_two(models: Models, tmp_path: Path) -> None:
    compare(models.ratios, 3, tmp_path)


def test_the_keys_size_is_known_to_the_byte(trial: Trial) -> None:
    real = (trial.build / "circuit_final.zkey").stat().st_size
    assert trial.said["estimate"]["zkey_bytes"] == pytest.approx(real, rel=0.002)


def test_the_largest_number_of_samples_in_the_domain(models: Models) -> None:
    found = estimate_model(models.digits, 20)
    largest = found.largest_samples_in_domain
    assert largest > 20
    assert estimate_model(models.digits, largest).domain_power == found.domain_power
    assert estimate_model(models.digits, largest + 1).domain_power == found.domain_power + 1
    assert estimate_model(models.digits, largest).largest_samples_in_domain == largest


@pytest.mark.parametrize("which", ["digits", "ratios"])
def test_costs_grow_with_the_number_of_samples(models: Models, which: str) -> None:
    """What `largest_samples` relies on, though each number is lowered for itself."""
    circuit = circuit_of(getattr(models, which), 1)
    counts = [sum(part.constraints for part in costs(circuit.resized(n))) for n in range(1, 40)]
    assert counts == sorted(counts)


@pytest.mark.parametrize("headroom", [1.0, 1.5, 3.7])
def test_headroom_is_a_factor_on_this_models_worst_case(models: Models, headroom: float) -> None:
    """The published interval has the bits that takes, and tells no more of the weights."""
    imported = import_model(models.ratios)
    graph, values = imported.graph, imported.values
    room = lower_model(imported, 2, headroom=headroom).accumulators
    for node in graph.nodes:
        if node.output.name in room:
            worst = [w.interval for w in worst_cases(graph, node, values)]
            needed = math.ceil(headroom * max(max(-w.lo, w.hi) for w in worst))
            top = (1 << needed.bit_length()) - 1
            assert room[node.output.name] == Interval(-top, top)
    usual = chosen_accumulators(graph, values, {})
    assert lower(graph, 2, 8, usual).id == lower_model(imported, 2).id
