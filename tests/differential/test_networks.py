"""The trained networks: every value against onnxruntime, and what their circuits cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

from examples.mnist.data import load_digits, split_digits
from tests.models.golden import NETWORKS, kept, table

MODELS = Path(__file__).parents[1] / "models"
FLOAT_POOLS = ("lenet_avg_qdq", "lenet_avg_qdq_channel")
"""Refused: their means at equal scales are no function of integer sums in float32."""
FLOAT_LAYERS = ("resnet_qdq_channel",)
"""onnxruntime runs some of their convolutions in float32, as its optimized graph shows."""
WRITTEN_BY_ONNXRUNTIME = sorted(path.stem for path in (MODELS / "ort").glob("*.onnx"))
WRITTEN_BY_US = sorted(path.stem for path in (MODELS / "zkpot").glob("*.onnx"))


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return split_digits(load_digits())[1].x


@pytest.mark.parametrize("network", WRITTEN_BY_US)
def test_our_quantizers_networks_are_exact_on_a_thousand_digits(network, digits):
    report = check_model(MODELS / "zkpot" / f"{network}.onnx", digits[:1000])
    assert (report.cause, report.default.mismatches) == (Cause.NONE, 0)


def exact_or_named(name: str, x: np.ndarray) -> None:
    path = MODELS / "ort" / f"{name}.onnx"
    if name in FLOAT_POOLS:
        with pytest.raises(InputError, match="on either side of a tie"):
            import_model(path)
        return
    report = check_model(path, x)
    if name in FLOAT_LAYERS:
        assert report.cause in (Cause.NONE, Cause.FLOAT_KERNEL) and report.compilable
    else:
        assert (report.cause, report.default.mismatches) == (Cause.NONE, 0)


@pytest.mark.parametrize("name", WRITTEN_BY_ONNXRUNTIME)
def test_onnxruntimes_networks_are_exact_or_named(name, digits):
    exact_or_named(name, digits[:100])


@pytest.mark.long
@pytest.mark.parametrize("name", WRITTEN_BY_ONNXRUNTIME)
def test_onnxruntimes_networks_on_a_thousand_digits(name, digits):
    exact_or_named(name, digits[:1000])


@pytest.mark.parametrize("network", NETWORKS)
def test_what_each_node_costs_is_what_was_reviewed(network):
    """After a change that is meant: python -m tests.models.golden, and look at the difference."""
    assert table(network) == kept(network).read_text()
