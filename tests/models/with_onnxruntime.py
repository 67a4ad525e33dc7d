"""Makes ort/*.onnx: the float networks as onnxruntime's own quantizer writes them.

Usage: python -m tests.models.with_onnxruntime

Prints each model's accuracy on the test digits, as a row of README.md's table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from examples.mnist.data import Digits, load_digits, split_digits

HERE = Path(__file__).parent
CALIBRATED = 500
FORMS: Mapping[str, Mapping[str, Any]] = {
    "qdq": {"quant_format": QuantFormat.QDQ, "activation_type": QuantType.QUInt8},
    "qdq_channel": {
        "quant_format": QuantFormat.QDQ,
        "activation_type": QuantType.QInt8,
        "per_channel": True,
    },
    "qoperator": {"quant_format": QuantFormat.QOperator, "activation_type": QuantType.QUInt8},
}


class Reader(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the calibrator one batch."""

    def __init__(self, name: str, x: np.ndarray[Any, Any]) -> None:
        self.batches = iter([{name: x}])

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        """The batch, then None."""
        return next(self.batches, None)


def quantize(source: Path, target: Path, form: str, x: np.ndarray[Any, Any]) -> None:
    """``source`` with batch norms folded, quantized in the way ``form`` names.

    Weights of 7 bits: with 8, AVX2 kernels without VNNI saturate their 16-bit sums.
    """
    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        (data,) = onnxruntime.InferenceSession(folded).get_inputs()
        quantize_static(
            folded,
            target,
            Reader(data.name, x),
            weight_type=QuantType.QInt8,
            reduce_range=True,
            **FORMS[form],
        )


def correct(path: Path, digits: Digits) -> int:
    """How many of ``digits`` the model classifies correctly."""
    session = onnxruntime.InferenceSession(path)
    (data,) = session.get_inputs()
    (logits,) = session.run(None, {data.name: digits.x})
    return int((logits.argmax(axis=1) == digits.y).sum())


def main() -> None:
    """Every form of every float network."""
    trained, tested = split_digits(load_digits())
    (HERE / "ort").mkdir(exist_ok=True)
    for source in sorted((HERE / "float").glob("*.onnx")):
        counts = [correct(source, tested)]
        for form in FORMS:
            target = HERE / "ort" / f"{source.stem}_{form}.onnx"
            quantize(source, target, form, trained.x[:CALIBRATED])
            counts.append(correct(target, tested))
        print(f"| `{source.stem}` | {' | '.join(map(str, counts))} |")


if __name__ == "__main__":
    main()
