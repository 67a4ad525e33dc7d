"""The node tests that the onnx package ships, for the operators that the importer reads."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.backend.test.loader import load_model_tests
from zkpot.compiler.frontend.operators import OPERATORS

from .operators import POINTWISE

Array = NDArray[Any]
HEADS = frozenset({"ArgMax", "LogSoftmax", "Softmax"})
"""Operators that nothing quantizes behind them."""


@dataclass(frozen=True)
class Case:
    """A node test: a model, its inputs by name and what it gives for them."""

    name: str
    model: onnx.ModelProto
    inputs: dict[str, Array]
    outputs: list[Array]

    @property
    def opset(self) -> int:
        """The version of the default operator set."""
        return max(o.version for o in self.model.opset_import if o.domain in ("", "ai.onnx"))


@cache
def cases() -> dict[str, Case]:
    """By name, the cases of operators that are read, and the bodies of functions made of pointwise
    ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the cases of infinity and of overflow
        found = load_model_tests(kind="node")
    read = {op for _, op in OPERATORS}
    return {
        test.name: Case(test.name, test.model, _named(test), list(test.data_sets[0][1]))
        for test in found
        if _belongs([node.op_type for node in test.model.graph.node], read)
    }


def _belongs(operators: list[str], read: set[str]) -> bool:
    known = read if len(operators) == 1 else read & POINTWISE
    return set(operators) <= known


def _named(test: Any) -> dict[str, Array]:
    names = [value.name for value in test.model.graph.input]
    return {
        k: np.asarray(v) if np.isscalar(v) else v
        for k, v in zip(names, test.data_sets[0][0], strict=False)
    }
