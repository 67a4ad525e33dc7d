"""Trains a network: AdamW, a cosine schedule, cross-entropy, images shifted at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from .composite import Chain
from .data import Digits
from .layers import Variables

Batch = tuple[jax.Array, jax.Array]
Step = Callable[[Variables, Any, jax.Array, jax.Array], tuple[Variables, Any, jax.Array]]
FARTHEST = 2
"""Pixels an image is shifted by at most, in each direction; MNIST's margin is four."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to learn."""

    epochs: int
    batch: int = 64
    rate: float = 2e-3
    weight_decay: float = 0.05
    seed: int = 0


def train(network: Chain, digits: Digits, recipe: Recipe) -> Variables:
    """The trained variables. Equal arguments give equal results on one machine and version."""
    random = np.random.default_rng(recipe.seed)
    variables, _ = network.init(random, digits.x.shape[1:])
    steps = recipe.epochs * (len(digits) // recipe.batch)
    optimizer = optax.adamw(
        optax.cosine_decay_schedule(recipe.rate, steps),
        weight_decay=recipe.weight_decay,
        mask=lambda tree: jax.tree.map(lambda leaf: leaf.ndim > 1, tree),
    )
    step, state = _step(network, optimizer), optimizer.init(variables)
    for epoch in range(recipe.epochs):
        losses = []
        for x, y in _batches(digits, recipe.batch, random):
            variables, state, loss = step(variables, state, x, y)
            losses.append(loss)
        print(f"epoch {epoch + 1} of {recipe.epochs}: loss {np.mean(losses):.4f}", flush=True)
    return variables


def predict(network: Chain, variables: Variables, x: NDArray[np.float32]) -> jax.Array:
    """Logits (n, classes)."""
    logits, _ = network.apply(variables, jnp.asarray(x), train=False)
    return logits


def _step(network: Chain, optimizer: optax.GradientTransformation) -> Step:
    def loss_of(variables: Variables, x: jax.Array, y: jax.Array) -> tuple[jax.Array, Variables]:
        logits, moved = network.apply(variables, x, train=True)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), moved

    @jax.jit
    def step(
        variables: Variables, state: Any, x: jax.Array, y: jax.Array
    ) -> tuple[Variables, Any, jax.Array]:
        (loss, moved), slope = jax.value_and_grad(loss_of, has_aux=True)(variables, x, y)
        updates, state = optimizer.update(slope, state, variables)
        # A moving statistic has no slope; everything else is not moved.
        after = jax.tree.map(lambda v, u, m: v + u + (m - v), variables, updates, moved)
        return after, state, loss

    return step


def _batches(digits: Digits, size: int, random: np.random.Generator) -> Iterator[Batch]:
    order = random.permutation(len(digits))
    for start in range(0, len(order) - size + 1, size):
        part = digits.chosen(order[start : start + size])
        yield jnp.asarray(_shifted(part.x, random)), jnp.asarray(part.y)


def _shifted(x: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Each image moved by up to FARTHEST pixels, with black moving in."""
    padded = np.pad(x, ((0, 0), (0, 0), *[(FARTHEST, FARTHEST)] * 2))
    corners = random.integers(0, 2 * FARTHEST + 1, (len(x), 2))
    height, width = x.shape[2:]
    return np.stack(
        [
            image[:, top : top + height, left : left + width]
            for image, (top, left) in zip(padded, corners, strict=True)
        ]
    )
