"""Makes zkpot/*.onnx: the float networks as `zkpot quantize` writes them.

Usage: python -m tests.models.with_zkpot

Prints each model's widths and its accuracy on the test digits, as a row of zkpot/README.md's table.
"""

from __future__ import annotations

from pathlib import Path

from zkpot.compiler.frontend.quantizer import quantize_model

from examples.mnist.data import load_digits, split_digits
from tests.models.with_onnxruntime import correct

HERE = Path(__file__).parent
CALIBRATED = 1000


def main() -> None:
    """All networks, one after the other."""
    training, tested = split_digits(load_digits())
    calibration = training.chosen(slice(CALIBRATED))
    (HERE / "zkpot").mkdir(exist_ok=True)
    for source in sorted((HERE / "float").glob("*.onnx")):
        target = HERE / "zkpot" / source.name
        result = quantize_model(source, calibration.x, calibration.y)
        target.write_bytes(result.model_bytes)
        widths = " ".join(str(layer.accumulator_bits) for layer in result.report.layers)
        right = correct(source, tested), correct(target, tested)
        print(f"| `{source.stem}` | {right[0]} | {right[1]} | {widths} |", flush=True)


if __name__ == "__main__":
    main()
