"""What a choice of scales costs: in accuracy on calibration samples, and in constraints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .float_nodes import AveragePool
from .grids import valid
from .integer_graph import IntegerGraph
from .quantize import Values, circuit_bits

Labels = NDArray[np.int64]

FIELD_BITS = 253
QUIET = 0.005  # noise below this share of the logits' variance hardly changes predictions


@dataclass(frozen=True)
class Candidate:
    """Scales that were tried. ``values``: every tensor's; ``noise``: mean square error of the
    logits, as a share of their variance; ``cost``: of its linear layers, about, a sample."""

    model: IntegerGraph
    values: Mapping[str, Values]
    wrong: int
    noise: float
    cost: float
    inexact: int

    @property
    def rank(self) -> tuple[float, ...]:
        """Smaller is better: quiet, then sure to be rounded alike everywhere, then quieter.

        Not by ``wrong``: choosing among many by a few samples' errors fits those samples alone.
        """
        return (float(self.noise > QUIET), float(self.inexact), self.noise)


@dataclass(frozen=True)
class Trial:
    """Samples x float32 [n, size], their classes, and the float model's logits."""

    x: Values
    target: Labels
    logits: Values

    def first(self, model: IntegerGraph) -> Candidate:
        """``model`` on all samples."""
        return self._measured(model, model.run(self.x))

    def after(self, before: Candidate, model: IntegerGraph) -> Candidate | None:
        """``model``, which differs from ``before`` in its scales; None where it isn't valid."""
        if not valid(model):
            return None
        changed = before.model.changed(model)
        kept = {name: v for name, v in before.values.items() if name not in changed}
        again = self.x if model.graph.input in changed else None
        return self._measured(model, model.rerun(kept, again))

    def _measured(self, model: IntegerGraph, values: dict[str, Values]) -> Candidate:
        output = values[model.graph.output]
        errors = output.astype(np.float64) - self.logits
        noise = np.mean(errors**2) / max(float(self.logits.var()), 1e-30)
        return Candidate(
            model,
            values,
            int(np.count_nonzero(output.argmax(axis=1) != self.target)),
            # Six digits: float models' outputs differ in the last from one processor to the next.
            float(f"{noise:.5e}"),
            cost(model),
            sum(map(_inexact, model.graph.nodes, [model] * len(model.graph.nodes))),
        )


def _inexact(node: object, model: IntegerGraph) -> bool:
    """Whether a mean may lie exactly between two steps of its grid, where kernels differ."""
    if not isinstance(node, AveragePool) or node.exact:
        return False
    source, output = model.quantized(node.inputs[0]), model.quantized(node.output)
    return output.exponent < source.exponent + node.halvings


def cost(model: IntegerGraph) -> float:
    """Constraints by which accumulators' widths count, about, a sample: requantization, and what
    hashing adds to the layers on the data, which the verifier folds (design 3.9)."""
    total = 0.0
    source = model.graph.groups[model.graph.input]
    for node in model.linears:
        layer = model.layer(node)
        bits = circuit_bits(layer.bits, max(layer.shifts), layer.output)
        folded = model.graph.groups[node.inputs[0]] == source
        total += node.size * (bits + 5 + (42 * bits / FIELD_BITS if folded else 0))
    return total
