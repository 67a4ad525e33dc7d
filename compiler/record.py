"""Reading a circuit's record back: somebody else's file, from which only a model is taken.

The lowering is done again, so what a record could still lie about is the model itself: it must be
one that the frontend could have made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import ops
from .circuit import Circuit, lower
from .errors import InputError
from .field import PACK_BITS
from .ir import Graph, Interval, from_json

MOST_SAMPLES, MOST_WEIGHT_BITS = 1_000_000, 8
MOST_ELEMENTS = 1 << 22
"""Of one sample of any tensor."""

REMEDY = "run `zkpot compile` again, or fetch the build again"


def from_record(raw: Mapping[str, Any]) -> Circuit:
    """The inverse of `Circuit.to_json`, with the lowering done again rather than believed."""
    accumulators = {str(k): Interval(int(v[0]), int(v[1])) for k, v in raw["accumulators"].items()}
    model, samples, bits = from_json(raw["model"]), int(raw["samples"]), int(raw["weight_bits"])
    _require_plausible(model, samples, bits, accumulators)
    _require_a_model(model)
    return lower(model, samples, bits, accumulators)


def _require_plausible(
    model: Graph, samples: int, weight_bits: int, accumulators: Mapping[str, Interval]
) -> None:
    """Refuses sizes that no circuit has: some digits of a record could ask for any memory."""
    _require("samples", samples, MOST_SAMPLES)
    _require("weight_bits", weight_bits, MOST_WEIGHT_BITS)
    for name, interval in accumulators.items():
        _require(f"the width of {name!r}", interval.bits, PACK_BITS)
    for value in model.values().values():
        _require(f"the least dimension of {value.name!r}", min(value.type.shape, default=1), None)
        _require(f"the size of {value.name!r}", value.type.size, MOST_ELEMENTS)
        _require(f"the width of {value.name!r}", value.type.interval.bits, PACK_BITS)


def _require(name: str, found: int, most: int | None) -> None:
    if found < 1 or (most is not None and found > most):
        raise InputError(
            f"a circuit record's {name} is {found}",
            why="it has to be positive" if most is None else f"it may be from 1 to {most}",
            remedy=REMEDY,
        )


def _require_a_model(model: Graph) -> None:
    """Refuses what no ONNX model is imported as: gadgets' own attributes are for passes to choose,
    and a narrower input than the quantization gives would make every interval after it false."""
    for node in model.nodes:
        op = ops.REGISTRY.get(node.op)
        if op is None or not op.model_level:
            raise InputError(
                f"a circuit record's model has the operation {node.op!r}",
                why="no ONNX operator is imported as this",
                remedy=REMEDY,
            )
    due = model.quantization.interval
    if model.data.type.interval != due:
        raise InputError(
            f"a circuit record's input is in {model.data.type.interval}",
            why=f"its quantization gives {due}",
            remedy=REMEDY,
        )
