"""What is published of a model is the same whatever its weights are: of random models, and of
trained ones.

A constant is private if drawing it anew leaves the circuit as it is and changes a parameter. That
is found out by doing so, without a look at how `strip_weights` decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from onnx import numpy_helper
from random_models.models import Drawn, models
from random_models.sketch import Array
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import Imported, import_model
from zkpot.compiler.frontend.architecture import strip_weights

FOLDER = Path(__file__).parents[1] / "models"
TRAINED = [*FOLDER.glob("ort/*.onnx"), *FOLDER.glob("zkpot/*.onnx")]
REFUSED = ("lenet_avg_qdq", "lenet_avg_qdq_channel")
"""No circuit has their average pools, which onnxruntime computes in float32."""
RANDOM, COUNT = 20, 12


def drawn_anew(values: Array, random: np.random.Generator) -> Array:
    """Other bytes; other int32 (biases); anything else negated, and in another order."""
    if values.dtype in (np.int8, np.uint8):
        limits = np.iinfo(values.dtype)
        return random.integers(limits.min, limits.max + 1, values.shape).astype(values.dtype)
    if values.dtype == np.int32:
        return random.integers(-900, 900, values.shape).astype(np.int32)
    other = ~values if values.dtype == bool else -values
    return random.permutation(other.reshape(-1)).reshape(values.shape).astype(values.dtype)


def redrawn(proto: onnx.ModelProto, names: Iterable[str]) -> onnx.ModelProto:
    """A copy of ``proto`` with the initializers ``names`` drawn anew."""
    random, found = np.random.default_rng(0), onnx.ModelProto()
    found.CopyFrom(proto)
    for tensor in found.graph.initializer:
        if tensor.name in names:
            other = drawn_anew(numpy_helper.to_array(tensor), random)
            tensor.CopyFrom(numpy_helper.from_array(other, tensor.name))
    return found


def imported(proto: onnx.ModelProto, folder: Path) -> Imported:
    """``proto`` through a file."""
    path = folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return import_model(path)


def changed(one: Imported, other: Imported) -> bool:
    """Whether the circuit is the same and its parameters are not."""
    assert one.graph == other.graph
    return any(not np.array_equal(one.values[name], other.values[name]) for name in one.values)


def is_private(proto: onnx.ModelProto, model: Imported, name: str, folder: Path) -> bool:
    """Whether the initializer ``name`` shows in the parameters, and in nothing public."""
    try:
        other = imported(redrawn(proto, {name}), folder)
    except InputError:
        return False
    return model.graph == other.graph and changed(model, other)


def test_random_models_are_published_without_their_weights(tmp_path: Path) -> None:
    redraws = []

    @seed(RANDOM)
    @settings(
        max_examples=COUNT,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=models())
    def one(drawn: Drawn) -> None:
        proto = drawn.model
        try:
            model = imported(proto, tmp_path)
        except InputError:
            return
        stored = [tensor.name for tensor in proto.graph.initializer]
        private = {name for name in stored if is_private(proto, model, name, tmp_path)}
        architecture = strip_weights(proto.SerializeToString())
        assert strip_weights(redrawn(proto, private).SerializeToString()) == architecture
        redraws.append(len(private))

    one()
    assert sum(redraws) >= COUNT, "too few weights to say anything"


@pytest.mark.parametrize(
    "path", sorted(p for p in TRAINED if p.stem not in REFUSED), ids=lambda path: path.stem
)
def test_trained_models_are_published_without_their_weights(path: Path, tmp_path: Path) -> None:
    """Their parameters are the initializers of those names."""
    proto, model = onnx.load(path), import_model(path)
    stored = {tensor.name for tensor in proto.graph.initializer}
    assert model.values.keys() <= stored
    other = redrawn(proto, model.values.keys())
    assert changed(model, imported(other, tmp_path))
    architecture = strip_weights(path.read_bytes())
    assert strip_weights(other.SerializeToString()) == architecture
    (tmp_path / "architecture.onnx").write_bytes(architecture)
    assert import_model(tmp_path / "architecture.onnx").graph == model.graph
