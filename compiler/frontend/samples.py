"""Checks the samples and labels that a user gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError

from .onnx_file import Array

Samples = NDArray[np.float32]
Labels = NDArray[np.int64]


def checked_samples(x: Array, shape: tuple[int, ...]) -> Samples:
    """``x`` as finite float32 [n, *shape] with n >= 1; InputError otherwise."""
    if x.dtype.kind not in "fiu":
        raise InputError(
            f"the data x have type {x.dtype}", remedy="store x as float32, samples first"
        )
    if x.ndim == 0 or x.shape[1:] != shape:
        raise InputError(
            f"the data x have shape {x.shape}",
            why=f"the model takes samples of shape {shape}",
            remedy=f"store x with shape {('n', *shape)}, samples first".replace("'", ""),
        )
    if len(x) == 0:
        raise InputError("the data x hold no samples", remedy="give at least one sample")
    with np.errstate(over="ignore"):
        samples = np.ascontiguousarray(x, dtype=np.float32)
    finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if not finite.all():
        raise InputError(
            f"sample {int(np.argmin(finite))} of the data x holds NaN or infinity",
            why=f"{int(np.count_nonzero(~finite))} of {len(samples)} samples do",
            remedy="clean the data first",
        )
    return samples


def checked_labels(y: Array | None, samples: int, classes: int) -> Labels | None:
    """``y`` as int64 [samples] in [0, classes); None stays None; InputError otherwise."""
    if y is None:
        return None
    if y.dtype.kind not in "iu" or y.shape != (samples,):
        raise InputError(
            f"the labels y have shape {y.shape} and type {y.dtype}",
            why=f"there are {samples} samples, each with one integer label",
            remedy=f"store y as integers of shape ({samples},)",
        )
    outside = (y < 0) | (y >= classes)
    if outside.any():
        first = int(np.argmax(outside))
        raise InputError(
            f"label {int(y[first])} of sample {first} is out of range",
            why=f"the model has {classes} classes, 0 to {classes - 1}",
            remedy="number the classes from 0, as the model's outputs are",
        )
    return y.astype(np.int64)
