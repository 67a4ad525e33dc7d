"""Makes a contributor's layers fit the accumulators that a task has room for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .float_nodes import Linear
from .integer_graph import IntegerGraph
from .quantize import FloatArray, IntegerLayer, window

MOST_ROUNDS = 20
MARGIN = 1e-3
LEAST = 0.25
"""A channel that would have to be made smaller than this share of itself is left as it is, for
`zkpot commit` to refuse: what is left of it would be another model's."""


def _factors(layer: IntegerLayer, bits: int) -> FloatArray:
    """What each channel has to be multiplied by; 1 where it fits, or is out of reach."""
    limit = window(bits, max(layer.shifts))
    worst = layer.worst_cases.astype(np.float64)
    fitting = limit / np.maximum(worst, 1) - MARGIN
    factors: FloatArray = np.where((worst > limit) & (fitting >= LEAST), fitting, 1.0)
    return factors


def shrunk(model: IntegerGraph, bits: Mapping[str, int]) -> tuple[IntegerGraph, dict[str, float]]:
    """``model`` with weights and biases of channels that overflow made smaller, and for each layer
    (by its output) the smallest factor. ``bits``: of accumulators, by layer.

    A channel a little too wide is nearly the same channel times 0.98; cutting single weights off
    would change its direction.
    """
    smallest: dict[str, float] = {}
    for _ in range(MOST_ROUNDS):
        changed: dict[str, Linear] = {}
        for node in model.linears:
            factors = _factors(model.layer(node), bits[node.output])
            if (factors < 1).any():
                weight, bias = node.weight * factors, node.bias * factors
                changed[node.output] = replace(node, weight=weight, bias=bias)
                before = smallest.get(node.output, 1.0)
                smallest[node.output] = before * float(factors.min())
        if not changed:
            break
        nodes = tuple(changed.get(node.output, node) for node in model.graph.nodes)
        model = IntegerGraph(replace(model.graph, nodes=nodes), model.scales, model.weight_bits)
    return model, smallest
