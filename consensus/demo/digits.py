"""scikit-learn's handwritten digits, divided among the players of a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError
from zkpot.compiler.ops.base import IntArray

CLASSES = 10
PUBLIC, POOL = 200, 400
POOR_SAMPLES, POOR_WRONG_LABELS = 60, 0.4


@dataclass(frozen=True)
class Labelled:
    """``x``: float32 (n, 64), brightness 0 to 16; ``y``: int64 (n,), the digit."""

    x: NDArray[np.float32]
    y: IntArray

    def __len__(self) -> int:
        return len(self.y)

    def take(self, indices: Sequence[int] | IntArray) -> Labelled:
        """The samples at ``indices``, in that order."""
        return Labelled(self.x[indices], self.y[indices])


@dataclass(frozen=True)
class Shares:
    """No sample is in two of them. ``pool``: what test batches are drawn from."""

    public: Labelled
    pool: Labelled
    training: Mapping[str, Labelled]


def load_digits() -> Labelled:
    """All 1,797 digits. Raises InputError where scikit-learn isn't installed."""
    x, y = sklearn("sklearn.datasets").load_digits(return_X_y=True)
    return Labelled(x.astype(np.float32), y.astype(np.int64))


def sklearn(module: str) -> Any:
    """A module of scikit-learn, which only the demonstration needs."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            "the demonstration needs scikit-learn",
            why=str(error),
            remedy="install it with: pip install 'zkpot[demo]'",
        ) from error


def shares(data: Labelled, names: Sequence[str], seed: int) -> Shares:
    """Shuffles ``data`` and deals it out, to every name about the same number."""
    order = np.random.default_rng(seed).permutation(len(data))
    ends = [PUBLIC, PUBLIC + POOL]
    public, pool, rest = np.split(order, ends)
    parts = zip(names, np.array_split(rest, len(names)), strict=True)
    return Shares(
        data.take(public), data.take(pool), {name: data.take(part) for name, part in parts}
    )


def poor(data: Labelled, seed: int) -> Labelled:
    """The first POOR_SAMPLES of ``data``, POOR_WRONG_LABELS of them with a random label."""
    rng = np.random.default_rng(seed)
    few = data.take(np.arange(min(POOR_SAMPLES, len(data))))
    wrong = rng.random(len(few)) < POOR_WRONG_LABELS
    return Labelled(few.x, np.where(wrong, rng.integers(0, CLASSES, len(few)), few.y))
