"""What the passes work on: a graph, how many samples, and what accumulators must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from . import ops
from .errors import InputError
from .ir import Graph, Interval, Node, TensorType, Value


@dataclass(frozen=True)
class Program:
    """``accumulators`` gives, for each dense output, the interval that honest models may fill.

    It is what range checks are sized for; the wider interval in the value's type is what any
    weights within their declared range could produce, and is what soundness is argued from.
    """

    graph: Graph
    samples: int
    accumulators: Mapping[str, Interval] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.graph
        values = (graph.data, *graph.parameters, *(node.output for node in graph.nodes))
        (name, count) = Counter(value.name for value in values).most_common(1)[0]
        if count > 1:
            raise InputError(
                f"two tensors are called {name!r}",
                why="a pass gave this name to what it made, or the model has it twice",
                remedy="give the model's tensor another name",
            )

    @cached_property
    def honest_types(self) -> Mapping[str, TensorType]:
        """The type of every value in an honest evaluation."""
        graph = self.graph
        found = {v.name: v.type for v in (graph.data, *graph.parameters)}
        for node in graph.nodes:
            name = node.output.name
            inferred = ops.of(node).infer(node, [found[i] for i in node.inputs])
            if name in self.accumulators:
                inferred = replace(inferred, interval=self.accumulators[name])
            found[name] = inferred
        return found

    def honest(self, name: str) -> Interval:
        """The interval of ``name`` in an honest evaluation."""
        return self.honest_types[name].interval

    def with_nodes(self, nodes: tuple[Node, ...]) -> Program:
        """This program with other nodes."""
        return replace(self, graph=replace(self.graph, nodes=nodes))


def insert_after(nodes: tuple[Node, ...], producer: Node, new: Node) -> tuple[Node, ...]:
    """``nodes`` with ``new`` behind ``producer``; its readers read ``new`` instead."""

    def rewired(node: Node) -> Node:
        if producer.output.name not in node.inputs or node is new:
            return node
        inputs = tuple(new.output.name if i == producer.output.name else i for i in node.inputs)
        return replace(node, inputs=inputs)

    found: list[Node] = []
    for node in nodes:
        found.append(rewired(node))
        if node is producer:
            found.append(new)
    return tuple(found)


def derived(node: Node, suffix: str, op: str, value: Value) -> Node:
    """A node of ``op`` that reads ``value`` and is named after ``node``."""
    output = Value(f"{value.name}.{suffix}", value.type)
    return Node(op, f"{node.name}.{suffix}", (value.name,), output)
