"""What quantizing a model cost: accuracies, scales, widths, and what was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LayerReport:
    """One dense layer or convolution. Every scale is 2^-exponent.

    ``outputs``: of one sample. ``weight_exponents``: one for all channels or one for each, and
    ``weight_exponent`` the greatest of them. ``shift``: s of the requantization ratio 2^-s, the
    greatest of all channels, 0 for the last layer. ``worst_case``: greatest accumulator magnitude
    over all inputs and channels. ``accumulator_bits``: the width that the model declares,
    ``circuit_bits``: that of the decomposition that requantizes it. ``clipped_parameters``:
    weights and biases cut off by their integer range. ``saturated_inputs``: calibration values
    that enter the layer and lie more than a step outside of what uint8 holds.
    """

    name: str
    outputs: int
    input_exponent: int
    input_zero_point: int
    weight_exponent: int
    weight_exponents: tuple[int, ...]
    weight_bits: int
    shift: int
    worst_case: int
    accumulator_bits: int
    circuit_bits: int
    clipped_parameters: int
    saturated_inputs: int


@dataclass(frozen=True)
class QuantizationReport:
    """``float_accuracy``, ``int8_accuracy`` and ``agreement`` are shares of ``samples``.

    ``agreement``: share of samples that both models put into the same class; the accuracies are
    None without labels.
    """

    samples: int
    float_accuracy: float | None
    int8_accuracy: float | None
    agreement: float
    layers: tuple[LayerReport, ...]
    warnings: tuple[str, ...]

    @property
    def lost(self) -> float | None:
        """Percentage points of accuracy lost; negative where the integers do better."""
        if self.float_accuracy is None or self.int8_accuracy is None:
            return None
        return 100 * (self.float_accuracy - self.int8_accuracy)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field, and ``lost``."""
        return {**asdict(self), "lost": self.lost}

    def __str__(self) -> str:
        return "\n".join(_lines(self))


_COLUMNS = {
    "layer": "name",
    "outputs": "outputs",
    "input 2^-e": "input_exponent",
    "zero point": "input_zero_point",
    "weight 2^-e": "weight_exponent",
    "bits": "weight_bits",
    "shift": "shift",
    "worst case": "worst_case",
    "acc bits": "accumulator_bits",
    "circuit": "circuit_bits",
    "clipped": "clipped_parameters",
    "saturated": "saturated_inputs",
}


def _lines(report: QuantizationReport) -> Iterator[str]:
    if report.lost is not None:
        yield f"float accuracy  {report.float_accuracy:.2%}  ({report.samples} samples)"
        yield f"int8 accuracy   {report.int8_accuracy:.2%}"
        yield f"lost            {report.lost:.2f} points"
    yield f"same class      {report.agreement:.2%} of {report.samples} samples"
    rows = [[str(getattr(layer, key)) for key in _COLUMNS.values()] for layer in report.layers]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    for row in (list(_COLUMNS), *rows):
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join((row[0].ljust(widths[0]), *cells))
    yield from (f"warning: {warning}" for warning in report.warnings)
