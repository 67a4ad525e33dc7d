"""Runs models in onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError

from .onnx_file import Array

CHUNK = 1024


def run(
    model: bytes, x: NDArray[np.float32], outputs: Sequence[str], *, symbolic: bool
) -> list[Array]:
    """Each of ``outputs`` for all samples of ``x``, in onnxruntime's default CPU session.

    ``symbolic``: whether the model takes more than one sample at a time.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(model, options, providers=providers)
        name, step = session.get_inputs()[0].name, CHUNK if symbolic else 1
        parts = [
            session.run(list(outputs), {name: x[i : i + step]}) for i in range(0, len(x), step)
        ]
    except Exception as error:
        # onnxruntime's exceptions have no common base but Exception.
        raise InputError(
            "onnxruntime can't run the model",
            why=f"it says {str(error).strip().splitlines()[0]!r}",
            remedy="export the model again, for an operator set that this onnxruntime knows",
        ) from error
    return [np.concatenate([np.atleast_1d(part[k]) for part in parts]) for k in range(len(outputs))]
