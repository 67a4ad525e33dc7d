"""What became of one model: refused with a reason, or held against onnxruntime."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.importer import Imported
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause, OracleReport

from random_models.sketch import Array

FAULTS = (Cause.NONE, Cause.SATURATING_KERNEL, Cause.FLOAT_KERNEL, Cause.FLOAT_TIES)
"""Agreement, and the faults of onnxruntime's that are known by name."""


@dataclass
class Tally:
    """Counts over many models."""

    refusals: Counter[str] = field(default_factory=Counter)
    causes: Counter[Cause] = field(default_factory=Counter)
    values: int = 0

    @property
    def refused(self) -> int:
        """How many models were not imported."""
        return self.refusals.total()

    @property
    def models(self) -> int:
        """How many models there were."""
        return self.refused + self.causes.total()

    def judge(self, model: onnx.ModelProto, x: Array, folder: Path) -> Imported | None:
        """Counts the model; AssertionError if it is read wrongly or refused without a reason."""
        path = folder / "random.onnx"
        onnx.save(model, str(path))
        try:
            imported = import_model(path)
        except InputError as error:
            self.refusals[reason(error, model)] += 1
            return None
        try:
            report = check_model(path, x, imported=imported)
        except InputError as error:
            # Node by node it runs; the whole may not, where onnx infers another shape.
            assert error.what == "onnxruntime can't run the model", str(error)
            self.refusals[error.what] += 1
            return None
        assert report.cause in FAULTS, str(report)
        self._count(report)
        return imported

    def _count(self, report: OracleReport) -> None:
        self.causes[report.cause] += 1
        self.values += report.default.values

    def __str__(self) -> str:
        lines = [
            f"{self.models} models, {self.refused} refused, {self.values} values compared",
            *(f"  {cause.value}: {count}" for cause, count in self.causes.most_common()),
            *(f"  refused {count}: {why}" for why, count in self.refusals.most_common()),
        ]
        return "\n".join(lines)


def reason(error: InputError, model: onnx.ModelProto) -> str:
    """The operator and why it is refused; the message must name the node and say what to do."""
    assert error.remedy, str(error)
    named = [n for n in model.graph.node if repr(n.name) in error.what]
    if not named:
        assert "model's output" in error.what or "never quantizes" in error.what, str(error)
        return error.what
    return f"{named[0].op_type}: {error.why}"
