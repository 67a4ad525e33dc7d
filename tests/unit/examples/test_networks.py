"""The example networks: what JAX computes is what the exported model computes, and it learns."""

import dataclasses

import numpy as np
import onnxruntime
import pytest

jax = pytest.importorskip("jax", reason="pip install -r requirements-train.lock")

from examples.mnist.composite import Chain, Residual  # noqa: E402
from examples.mnist.data import Digits  # noqa: E402
from examples.mnist.layers import (  # noqa: E402
    BatchNorm,
    Conv,
    Dense,
    Flatten,
    GlobalAveragePool,
    Relu,
)
from examples.mnist.networks import INPUT_SHAPE, NETWORKS  # noqa: E402
from examples.mnist.onnx_writer import INPUT  # noqa: E402
from examples.mnist.train import RECIPES, exported  # noqa: E402
from examples.mnist.training import Recipe, predict, train  # noqa: E402

PARAMETERS = {"lenet_max": 61706, "lenet_avg": 61706}
MOST_PARAMETERS = 100_000


def disturbed(network, seed=0):
    """Initial variables, each moved at random, so that none is an idle zero or one."""
    random = np.random.default_rng(seed)
    variables, _ = network.init(random, INPUT_SHAPE)
    return jax.tree.map(lambda v: v + random.uniform(0.05, 0.2, v.shape).astype("f"), variables)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnxruntime_computes_what_jax_computes(name):
    network = NETWORKS[name]()
    variables = disturbed(network)
    x = np.random.default_rng(1).random((3, *INPUT_SHAPE), np.float32)
    session = onnxruntime.InferenceSession(exported(network, variables).SerializeToString())
    (logits,) = session.run(None, {INPUT: x})
    np.testing.assert_allclose(predict(network, variables, x), logits, rtol=1e-3, atol=1e-3)
    assert np.ptp(logits, axis=0).min() > 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_the_networks_are_small(name):
    variables, shape = NETWORKS[name]().init(np.random.default_rng(0), INPUT_SHAPE)
    size = sum(leaf.size for leaf in jax.tree.leaves(variables))
    assert shape == (10,)
    assert size == PARAMETERS.get(name, size) <= MOST_PARAMETERS


def test_every_network_has_a_recipe():
    assert RECIPES.keys() == NETWORKS.keys()


def striped(count):
    """Images that a single filter tells apart: stripes along one axis or the other."""
    random = np.random.default_rng(3)
    y = random.integers(0, 2, count)
    rows = np.indices((8, 8))[y[:, None], ...][:, 0] % 2
    x = rows.reshape(count, 1, 8, 8) + random.normal(0, 0.1, (count, 1, 8, 8))
    return Digits(x.astype(np.float32), y)


SMALL = Chain(
    (
        Conv("conv", 4, 3, bias=False),
        BatchNorm("norm"),
        Relu("relu"),
        GlobalAveragePool("average"),
        Flatten("flatten"),
        Dense("fc", 2),
    )
)


def test_it_learns_and_repeats_itself():
    digits, recipe = striped(256), Recipe(epochs=20, batch=32, rate=1e-2)
    first, again = train(SMALL, digits, recipe), train(SMALL, digits, recipe)
    assert all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(again)))
    other = train(SMALL, digits, dataclasses.replace(recipe, seed=1))
    assert not all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(other)))
    fresh = striped(64)
    assert (np.argmax(predict(SMALL, first, fresh.x), axis=1) == fresh.y).all()


def test_batch_norm_normalizes_and_moves_its_statistics():
    random = np.random.default_rng(4)
    x = random.normal(3, 2, (40, 5, 6, 6)).astype(np.float32)
    norm = BatchNorm("norm")
    variables, _ = norm.init(random, x.shape[1:])
    y, moved = norm.apply(variables, x, train=True)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std((0, 2, 3)), 1, atol=1e-3)
    np.testing.assert_allclose(moved["mean"], 0.1 * x.mean((0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(moved["variance"], 0.9 + 0.1 * x.var((0, 2, 3)), rtol=1e-4)


def test_branches_of_different_shapes_are_refused():
    residual = Residual("add", Chain((Conv("conv", 2, 3),)))
    with pytest.raises(ValueError, match="add adds"):
        residual.init(np.random.default_rng(0), (2, 8, 8))
