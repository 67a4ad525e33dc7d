"""The intermediate representation: integer tensors per sample, a list of nodes, and a printer.

Every value is *centred*: its zero point is already subtracted, so zero points never meet the
circuit. Shapes leave the batch dimension out; a graph is instantiated for n samples on emission.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

Attribute: TypeAlias = "int | float | str | bool | tuple[Any, ...] | None"


@dataclass(frozen=True)
class Interval:
    """All integers from ``lo`` to ``hi``, both included."""

    lo: int
    hi: int

    def __contains__(self, other: Interval) -> bool:
        return self.lo <= other.lo and other.hi <= self.hi

    def union(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def intersection(self, other: Interval) -> Interval:
        """What lies in both; empty if lo > hi."""
        return Interval(max(self.lo, other.lo), min(self.hi, other.hi))

    @property
    def bits(self) -> int:
        """Width of the smallest power-of-two range that holds the interval from ``lo`` on."""
        return max((self.hi - self.lo).bit_length(), 1)


@dataclass(frozen=True)
class TensorType:
    """Shape of one sample and the interval that every element lies in."""

    shape: tuple[int, ...]
    interval: Interval

    @property
    def size(self) -> int:
        """Elements of one sample."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Value:
    """A named tensor."""

    name: str
    type: TensorType


@dataclass(frozen=True)
class Node:
    """One operation: ``op`` is a key of zkpot.compiler.ops.REGISTRY."""

    op: str
    name: str
    inputs: tuple[str, ...]
    output: Value
    attrs: Mapping[str, Attribute] = field(default_factory=dict)

    def with_attrs(self, **attrs: Attribute) -> Node:
        """This node with ``attrs`` added or replaced."""
        return replace(self, attrs={**self.attrs, **attrs})


@dataclass(frozen=True)
class Quantization:
    """How the model's float input becomes integers: clip(rint(x / scale) + zero_point).

    ``scale`` is None where the model takes integers as they are. Float32 throughout.
    """

    scale: float | None
    zero_point: int
    dtype: str

    @property
    def interval(self) -> Interval:
        """Every centred integer that it can give."""
        limits = np.iinfo(self.dtype)
        return Interval(int(limits.min) - self.zero_point, int(limits.max) - self.zero_point)


@dataclass(frozen=True)
class Graph:
    """A model for one sample: data in, logits out, private parameters beside them."""

    data: Value
    quantization: Quantization
    parameters: tuple[Value, ...]
    nodes: tuple[Node, ...]
    output: str

    def value(self, name: str) -> Value:
        """The data, parameter or node output called ``name``."""
        return self.values()[name]

    def values(self) -> dict[str, Value]:
        """Every value by name."""
        found = {self.data.name: self.data}
        found.update((p.name, p) for p in self.parameters)
        found.update((node.output.name, node.output) for node in self.nodes)
        return found

    def is_parameter(self, name: str) -> bool:
        """Whether ``name`` is private and the same for all samples."""
        return any(p.name == name for p in self.parameters)

    def producer(self, name: str) -> Node | None:
        """The node whose output is ``name``; None for data and parameters."""
        return next((node for node in self.nodes if node.output.name == name), None)

    def consumers(self, name: str) -> Iterator[Node]:
        """The nodes that read ``name``."""
        return (node for node in self.nodes if name in node.inputs)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _type(value: Value) -> str:
    shape = "x".join(map(str, value.type.shape))
    return f"{value.name}: {shape} in [{value.type.interval.lo}, {value.type.interval.hi}]"


def _lines(graph: Graph) -> Iterator[str]:
    yield f"data {_type(graph.data)}"
    for parameter in graph.parameters:
        yield f"private {_type(parameter)}"
    for node in graph.nodes:
        attrs = ", ".join(f"{k}={_short(v)}" for k, v in sorted(node.attrs.items()))
        yield f"{_type(node.output)} = {node.op}({', '.join(node.inputs)}) {{{attrs}}}"
    yield f"return {graph.output}"


def _short(value: Attribute) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _value_to_json(value: Value) -> dict[str, Any]:
    interval = value.type.interval
    shape = list(value.type.shape)
    return {"name": value.name, "shape": shape, "lo": interval.lo, "hi": interval.hi}


def _value_from_json(raw: dict[str, Any]) -> Value:
    interval = Interval(int(raw["lo"]), int(raw["hi"]))
    return Value(str(raw["name"]), TensorType(tuple(map(int, raw["shape"])), interval))


def _frozen(value: Any) -> Attribute:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def to_json(graph: Graph) -> dict[str, Any]:
    """A JSON object that holds the whole graph; float attributes are exact float32 values."""
    return {
        "data": _value_to_json(graph.data),
        "quantization": vars(graph.quantization),
        "parameters": [_value_to_json(p) for p in graph.parameters],
        "nodes": [
            {
                "op": node.op,
                "name": node.name,
                "inputs": list(node.inputs),
                "output": _value_to_json(node.output),
                "attrs": dict(sorted(node.attrs.items())),
            }
            for node in graph.nodes
        ],
        "output": graph.output,
    }


def from_json(raw: dict[str, Any]) -> Graph:
    """The inverse of `to_json`."""
    nodes = tuple(
        Node(
            str(n["op"]),
            str(n["name"]),
            tuple(map(str, n["inputs"])),
            _value_from_json(n["output"]),
            {str(k): _frozen(v) for k, v in n["attrs"].items()},
        )
        for n in raw["nodes"]
    )
    return Graph(
        _value_from_json(raw["data"]),
        Quantization(**raw["quantization"]),
        tuple(map(_value_from_json, raw["parameters"])),
        nodes,
        str(raw["output"]),
    )


def canonical(graph: Graph) -> bytes:
    """Bytes that are equal exactly when two graphs are."""
    return json.dumps(to_json(graph), sort_keys=True, separators=(",", ":")).encode()
