"""The public test set: read, checked, quantized as the model quantizes it, and digested."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import digest_to_field
from zkpot.compiler.interpret import quantize
from zkpot.compiler.ir import Quantization
from zkpot.compiler.ops.base import IntArray, Mask
from zkpot.prover.npz import read_npz


@dataclass(frozen=True)
class Samples:
    """Raw arrays of a DATA.npz: x samples first, y integer labels or None."""

    x: NDArray[np.generic]
    y: IntArray | None
    path: Path

    def first(self, count: int) -> Samples:
        """The first ``count`` samples."""
        return Samples(self.x[:count], None if self.y is None else self.y[:count], self.path)


def load_samples(path: Path, *, labelled: bool = True) -> Samples:
    """The arrays ``x`` and ``y`` of an npz file. Nothing in it is ever unpickled.

    Raises InputError for a file that is none, arrays that are missing, not numeric, of unequal
    length, empty, or not finite, and for labels that are no integers.
    """
    arrays = read_npz(path, ("x", "y"))
    if "x" not in arrays or (labelled and "y" not in arrays):
        raise InputError(
            f"{path} lacks an array {'x' if 'x' not in arrays else 'y'!s}",
            why=f"it holds {', '.join(sorted(arrays)) or 'nothing'}",
            remedy="save it with numpy.savez(path, x=samples, y=labels)",
        )
    x, y = arrays["x"], arrays.get("y")
    _check_samples(path, x)
    return Samples(x, None if y is None else _labels(path, y, len(x)), path)


def _check_samples(path: Path, x: NDArray[np.generic]) -> None:
    if x.dtype.kind not in "fiu" or x.ndim < 2 or len(x) == 0:
        raise InputError(
            f"{path}: x has shape {x.shape} and type {x.dtype}",
            remedy="store at least one sample, samples first, as numbers",
        )
    flat = x.reshape(len(x), -1)
    if x.dtype.kind == "f" and not np.isfinite(flat).all():
        first = int(np.argmin(np.isfinite(flat).all(axis=1)))
        raise InputError(
            f"{path}: sample {first} holds NaN or infinity", remedy="clean the data first"
        )


def _labels(path: Path, y: NDArray[np.generic], samples: int) -> IntArray:
    if y.dtype.kind not in "iu" or y.shape != (samples,):
        raise InputError(
            f"{path}: y has shape {y.shape} and type {y.dtype}",
            why=f"there are {samples} samples, each with one integer label",
            remedy=f"store y as integers of shape ({samples},)",
        )
    return y.astype(np.int64)


@dataclass(frozen=True)
class Dataset:
    """``data``: (n, K) centred integers; ``labels``: (n,); what the public signals are made of."""

    data: IntArray
    labels: IntArray
    digest: str

    @property
    def field(self) -> int:
        """The public signal ``dataset``."""
        return digest_to_field(bytes.fromhex(self.digest))


def prepared(
    samples: Samples, shape: tuple[int, ...], quantization: Quantization, classes: int, count: int
) -> Dataset:
    """Exactly ``count`` labelled samples of ``shape``, quantized.

    Raises InputError for another shape or count, labels outside [0, classes), or integers outside
    the input type's range.
    """
    x, y = samples.x, samples.y
    assert y is not None
    if x.shape[1:] != shape:
        raise InputError(
            f"{samples.path}: samples have shape {list(x.shape[1:])}",
            why=f"the model takes samples of shape {list(shape)}",
            remedy="store x as the model takes it, samples first",
        )
    if len(x) != count:
        raise InputError(
            f"{samples.path} holds {len(x)} samples",
            why=f"this circuit counts over exactly {count}",
            remedy=f"select {count} samples, or compile with --samples {len(x)}",
        )
    outside = (y < 0) | (y >= classes)
    if outside.any():
        first = int(np.argmax(outside))
        raise InputError(
            f"{samples.path}: label {int(y[first])} of sample {first} is out of range",
            why=f"the model has {classes} classes, 0 to {classes - 1}",
            remedy="number the classes from 0, as the model's outputs are",
        )
    _check_declared_range(samples.path, x, quantization)
    data = quantize(x.reshape(count, -1), quantization)
    return Dataset(data, y, digest(data, y, quantization))


def _check_declared_range(path: Path, x: NDArray[np.generic], quantization: Quantization) -> None:
    if quantization.scale is not None:
        return
    limits = np.iinfo(quantization.dtype)
    whole = x.dtype.kind != "f" or bool((x == np.rint(x.astype(np.float64))).all())
    if not whole or x.min() < limits.min or x.max() > limits.max:
        raise InputError(
            f"{path}: x is not within {quantization.dtype}",
            why="the model takes integers of that type",
            remedy=f"store x as {quantization.dtype}",
        )


def digest(data: IntArray, labels: IntArray, quantization: Quantization) -> str:
    """SHA-256 over n, K, the type, every quantized byte in order, and every label."""
    header = json.dumps(
        ["zkpot-dataset/1", *data.shape, quantization.dtype, quantization.zero_point]
    )
    raw = (data + quantization.zero_point).astype(quantization.dtype)
    body = raw.tobytes() + labels.astype("<u4").tobytes()
    return hashlib.sha256(header.encode() + b"\x00" + body).hexdigest()


def duplicates(dataset: Dataset, read: Mask | None = None) -> list[tuple[int, int]]:
    """Pairs of equal samples (first, later): n copies of one image would read out a prediction.

    ``read``: the elements to compare, which are those that the model reads; by default, all.
    """
    data = dataset.data if read is None else dataset.data[:, read]
    seen: dict[bytes, int] = {}
    found = []
    for index, row in enumerate(data):
        first = seen.setdefault(row.tobytes(), index)
        if first != index:
            found.append((first, index))
    return found
