"""LeNet-5 on real digits: the widths that its cost goes by, and its accuracy."""

from pathlib import Path

import numpy as np
import pytest
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.quantizer import quantize_model

from examples.mnist.data import load_digits, split_digits
from tests.models.with_onnxruntime import correct

MODELS = Path(__file__).parents[3] / "models"
CALIBRATED = 1000
TOLERATED = 0.003


@pytest.mark.long
@pytest.mark.parametrize("name", ["lenet_max", "lenet_avg"])
def test_lenet_is_narrow_and_as_good_as_in_floats(name: str, tmp_path: Path) -> None:
    training, tested = split_digits(load_digits())
    calibration = training.chosen(slice(CALIBRATED))
    source, target = MODELS / "float" / f"{name}.onnx", tmp_path / "int8.onnx"
    result = quantize_model(source, calibration.x, calibration.y)
    target.write_bytes(result.model_bytes)
    first, second, *_ = result.report.layers
    assert first.accumulator_bits <= 16
    assert second.accumulator_bits <= 19
    assert correct(target, tested) >= correct(source, tested) - TOLERATED * len(tested)


@pytest.mark.parametrize("name", ["lenet_max", "lenet_avg", "resnet", "depthwise", "vgg"])
def test_committed_models_are_patterns_for_their_own_float_models(
    name: str, tmp_path: Path
) -> None:
    """They are written by hand nowhere: filled in again, they come out byte for byte."""
    model = (MODELS / "zkpot" / f"{name}.onnx").read_bytes()
    (tmp_path / "architecture.onnx").write_bytes(strip_weights(model))
    x = np.random.default_rng(0).uniform(0, 1, (16, 1, 28, 28)).astype(np.float32)
    source = MODELS / "float" / f"{name}.onnx"
    result = quantize_model(source, x, like=tmp_path / "architecture.onnx")
    assert result.model_bytes == model
