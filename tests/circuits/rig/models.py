"""Tiny models, built node by node, lowered and given weights, data and a statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import Circuit, lower
from zkpot.compiler.emit import emit
from zkpot.compiler.folding import folded
from zkpot.compiler.interpret import interpret
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value
from zkpot.compiler.ops.base import IntArray
from zkpot.compiler.passes.declare import graph_types
from zkpot.compiler.statement import Statement, challenge, commitment, packed_labels

BYTE = Interval(-128, 127)
INT32 = Interval(-(1 << 31), (1 << 31) - 1)
UNTYPED = TensorType((), Interval(0, 0))


@dataclass
class Model:
    """A graph under construction; every method appends a node and returns its output's name."""

    inputs: int
    rng: np.random.Generator
    weight_limit: int = 7
    parameters: dict[str, Value] = field(default_factory=dict)
    values: dict[str, IntArray] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    def _append(self, op: str, inputs: Sequence[str], **attrs: Any) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(Node(op, name, tuple(inputs), Value(f"{name}:0", UNTYPED), attrs))
        return f"{name}:0"

    def _private(self, stem: str, shape: tuple[int, int], limit: int, interval: Interval) -> str:
        name = f"{stem}_{len(self.nodes)}"
        self.parameters[name] = Value(name, TensorType(shape, interval))
        self.values[name] = self.rng.integers(-limit, limit + 1, shape)
        return name

    def dense(self, x: str, depth: int, width: int, *, bias: bool = True) -> str:
        inputs = [x, self._private("weight", (depth, width), self.weight_limit, BYTE)]
        if bias:
            inputs.append(self._private("bias", (1, width), 99, INT32))
        return self._append("dense", inputs)

    def requantize(
        self, x: str, scale: float | tuple[float, ...], lo: int = 0, hi: int = 255
    ) -> str:
        return self._append("requantize", [x], scale=scale, divisor=1.0, lo=lo, hi=hi, fused=True)

    def add_quantized(self, a: str, b: str, scales: tuple[float, float, float]) -> str:
        attrs: dict[str, Any] = dict(zip(("scale_a", "scale_b", "scale_c"), scales, strict=True))
        zeros = {"zero_a": 0, "zero_b": 0, "zero_c": 0}
        return self._append("add_quantized", [a, b], **attrs, **zeros, lo=0, hi=255)

    def scale(self, x: str, factor: tuple[int, ...]) -> str:
        return self._append("scale", [x], factor=factor)

    def graph(self, output: str) -> Graph:
        data = Value("data", TensorType((self.inputs,), BYTE))
        raw = Graph(
            data,
            Quantization(None, 0, "int8"),
            tuple(self.parameters.values()),
            tuple(self.nodes),
            output,
        )
        return graph_types(raw)

    def task(self, output: str, samples: int, **options: Any) -> Task:
        graph = self.graph(output)
        accumulators = chosen_accumulators(graph, self.values, {})
        accumulators.update(options.pop("accumulators", {}))
        circuit = lower(graph, samples, options.pop("weight_bits", 4), accumulators)
        data = self.rng.integers(-128, 128, (samples, self.inputs))
        labels = self.rng.integers(0, circuit.classes, samples).tolist()
        return Task(circuit, self.values, data, labels)


@dataclass(frozen=True)
class Task:
    """A lowered model with weights, and a labelled test set. ``data``: (n, K)."""

    circuit: Circuit
    values: Mapping[str, IntArray]
    data: IntArray
    labels: list[int]
    ctx: int = 1234567
    dataset: int = 7654321
    salts: tuple[int, int] = (99, 98)

    @property
    def text(self) -> str:
        return emit(self.circuit).text

    def interpreted(self) -> dict[str, IntArray]:
        return interpret(self.circuit.graph, self.data, self.values)

    def outputs(self) -> dict[str, IntArray]:
        """What the first layer computes, by value name."""
        values = self.interpreted()
        return {p.value: values[p.value] for p in self.circuit.absorption.challenge}

    def statement(self, outputs: Mapping[str, IntArray] | None = None) -> Statement:
        """The honest statement; with ``outputs``, the challenge and fold that they lead to."""
        values = self.interpreted()
        logits = values[self.circuit.evaluation.inputs[0]]
        cm = commitment(self.circuit, self.values, self.salts[0])
        head = (cm, self.ctx, self.dataset, self.salts[1])
        r = challenge(self.circuit, head, outputs or self.outputs())
        return Statement(
            cm=cm,
            r=r,
            k=int((logits.argmax(1) == np.array(self.labels)).sum()),
            ctx=self.ctx,
            dataset=self.dataset,
            u=folded(self.circuit, self.data, r),
            labels=packed_labels(self.labels, self.circuit.classes),
        )

    def inputs(
        self, statement: Statement, tensors: Mapping[str, IntArray] | None = None
    ) -> dict[str, Any]:
        """The circuit's input signals; ``tensors`` replace honest private tensors."""
        private = {**self.values, **self.outputs(), **(tensors or {})}
        names = emit(self.circuit).inputs
        return {
            "ctx": statement.ctx,
            "dataset": statement.dataset,
            "u": list(statement.u),
            "labels": list(statement.labels),
            "salt": list(self.salts),
            **{signal: private[value] for value, signal in names.items()},
        }


def shifted(samples: int = 3) -> Task:
    """Two layers between power-of-two scales, with biases."""
    model = Model(4, np.random.default_rng(61))
    hidden = model.requantize(model.dense("data", 4, 3), 2.0**-4)
    return model.task(model.dense(hidden, 3, 3), samples)


def tabled() -> Task:
    """Scales of no power of two, a scale a channel, no biases, quantized logits, one sample."""
    model = Model(3, np.random.default_rng(62))
    hidden = model.requantize(model.dense("data", 3, 4, bias=False), (0.013, 0.2, 0.07, 0.031))
    logits = model.dense(hidden, 4, 2, bias=False)
    return model.task(model.requantize(logits, 0.0171, -128, 127), 1)


def residual() -> Task:
    """Three layers, with a quantized sum around the second."""
    model = Model(2, np.random.default_rng(63))
    first = model.requantize(model.dense("data", 2, 3), 2.0**-3)
    second = model.requantize(model.dense(first, 3, 3), 2.0**-5)
    total = model.add_quantized(first, second, (0.5, 0.25, 1.0))
    return model.task(model.dense(total, 3, 4), 2)


def linear() -> Task:
    """One layer: what is folded is what is counted."""
    model = Model(5, np.random.default_rng(64))
    return model.task(model.dense("data", 5, 3), 4)


def scaled() -> Task:
    """Logits whose channels have factors of their own: only an inserted check bounds them."""
    model = Model(3, np.random.default_rng(65))
    hidden = model.requantize(model.dense("data", 3, 2), 2.0**-2)
    return model.task(model.scale(model.dense(hidden, 2, 3), (1, 3, 2)), 2)


ALL = (shifted, tabled, residual, linear, scaled)
