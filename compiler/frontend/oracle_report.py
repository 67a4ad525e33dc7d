"""What a comparison with onnxruntime found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from .processor import Processor


class Cause(Enum):
    """Why onnxruntime and the integer semantics differ."""

    NONE = "none"
    SATURATING_KERNEL = "saturating kernel"
    FLOAT_KERNEL = "float kernel"
    FLOAT_TIES = "float ties"
    UNEXPLAINED = "unexplained"


EXPLANATIONS = {
    Cause.NONE: "onnxruntime and the integers agree on every value",
    Cause.SATURATING_KERNEL: "the model is exact, this machine is not: its kernel multiplies uint8 "
    "by int8 in saturating 16-bit steps; with an exact kernel, every value agrees. Remedy: weights "
    "in [-64, 63] (zkpot quantize; reduce_range=True in quantize_static) agree on every machine",
    Cause.FLOAT_KERNEL: "onnxruntime computes that layer in float32, because it has no integer "
    "kernel for its types (int8), or because the Relu or Clip behind it cuts more off than the "
    "QuantizeLinear; the rounding depends on the machine. Remedy: power-of-two scales "
    "(zkpot quantize)",
    Cause.FLOAT_TIES: "all logits agree, but float32 cannot tell some sample's largest two apart. "
    "Remedy: quantize the logits per tensor, with accumulators below 2^24",
    Cause.UNEXPLAINED: "no known fault of onnxruntime's kernels explains it. Remedy: quantize the "
    "model with zkpot quantize, or try another onnxruntime version; please report it",
}


@dataclass(frozen=True)
class Difference:
    """One value, in steps of its scale and centred; ``index`` into the sample's flat tensor."""

    sample: int
    index: int
    integers: float
    onnxruntime: float


@dataclass(frozen=True)
class TensorComparison:
    """One tensor of the ONNX model, over all samples; ``first`` is its first difference."""

    node: str
    tensor: str
    values: int
    mismatches: int
    first: Difference | None

    def __str__(self) -> str:
        text = f"node {self.node!r}, tensor {self.tensor!r}: {self.mismatches} of {self.values}"
        if self.first is None:
            return text
        one = self.first
        return (
            f"{text}, first at sample {one.sample}, index {one.index}: "
            f"integers {one.integers:.9g}, onnxruntime {one.onnxruntime:.9g}"
        )


@dataclass(frozen=True)
class Comparison:
    """One onnxruntime run: tensors in the order of the model, its output last."""

    tensors: tuple[TensorComparison, ...]
    predictions: int

    @property
    def values(self) -> int:
        """How many values were compared."""
        return sum(t.values for t in self.tensors)

    @property
    def mismatches(self) -> int:
        """How many of them differ."""
        return sum(t.mismatches for t in self.tensors)

    @property
    def first(self) -> TensorComparison | None:
        """The first tensor of the model that differs."""
        return next((t for t in self.tensors if t.mismatches), None)

    @property
    def agrees(self) -> bool:
        """Whether no value and no prediction differs."""
        return self.mismatches == 0 and self.predictions == 0

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``predictions``: how many differ."""
        return {"values": self.values, "mismatches": self.mismatches, **asdict(self)}


@dataclass(frozen=True)
class OracleReport:
    """``default``: the model as it is, in onnxruntime's default CPU session.

    ``exact``: the same integers by kernels that do not saturate; None where the first run agrees,
    or where there are no other kernels to try.
    """

    samples: int
    default: Comparison
    exact: Comparison | None
    cause: Cause
    onnxruntime: str
    processor: Processor

    @property
    def ok(self) -> bool:
        """Whether the integer semantics are the model's, whatever this machine's kernels do."""
        return self.cause in (Cause.NONE, Cause.SATURATING_KERNEL)

    @property
    def compilable(self) -> bool:
        """Whether a proof about the integers is one about the model: also where float32 kernels
        round some values otherwise, as long as no prediction follows them."""
        runs = [run for run in (self.default, self.exact) if run is not None]
        same_classes = not any(run.predictions for run in runs)
        return self.ok or (self.cause is Cause.FLOAT_KERNEL and same_classes)

    @property
    def warning(self) -> str | None:
        """What to tell the user although the model can be compiled."""
        if not self.compilable or self.cause is Cause.NONE:
            return None
        found = self.default
        return (
            f"{self.cause.value}: on this machine {found.mismatches} of onnxruntime's "
            f"{found.values} values and {found.predictions} of its {self.samples} predictions are "
            f"not the integers'; {EXPLANATIONS[self.cause]}"
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every count; mismatches of the default run are never left out."""
        return {
            "ok": self.ok,
            "cause": self.cause.value,
            "warning": self.warning,
            "samples": self.samples,
            "values": self.default.values,
            "mismatches": self.default.mismatches,
            "predictions_differ": self.default.predictions,
            "default": self.default.to_json(),
            "exact_kernels": None if self.exact is None else self.exact.to_json(),
            "onnxruntime": self.onnxruntime,
            "processor": asdict(self.processor),
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{'agrees' if self.ok else 'DIFFERS'}: {EXPLANATIONS[self.cause]}"
        yield f"onnxruntime {self.onnxruntime}, {self.processor}"
        runs = {"default session": self.default, "exact kernels": self.exact}
        for title, run in runs.items():
            if run is not None:
                yield (
                    f"{title}: {run.mismatches} of {run.values} values and {run.predictions} of "
                    f"{self.samples} predictions differ"
                )
                yield from (f"  {t}" for t in run.tensors if t.mismatches)
