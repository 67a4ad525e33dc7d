"""Runs a graph in integers: the reference that the circuit and onnxruntime are held against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from . import ops
from .ir import Graph, Quantization
from .ops.base import IntArray


def quantize(x: np.ndarray, quantization: Quantization) -> IntArray:
    """Centred int64 data: QuantizeLinear in float32, clip(rint(x / scale) + zp) - zp.

    Integer inputs are only centred. x: samples first.
    """
    if quantization.scale is None:
        return x.astype(np.int64) - quantization.zero_point
    rounded = np.rint(x.astype(np.float32) / np.float32(quantization.scale))
    every = quantization.interval
    centred: IntArray = np.clip(rounded, every.lo, every.hi).astype(np.int64)
    return centred


def interpret(
    graph: Graph, data: IntArray, parameters: Mapping[str, IntArray]
) -> dict[str, IntArray]:
    """Every value of the graph. data: (n, K) centred; nodes of the evaluation routine are skipped.

    Parameters are (K, M) or (1, M) arrays by name.
    """
    values: dict[str, IntArray] = {graph.data.name: data, **parameters}
    for node in graph.nodes:
        if node.op == "count_correct":
            continue
        values[node.output.name] = ops.of(node).evaluate(node, [values[i] for i in node.inputs])
    return values
