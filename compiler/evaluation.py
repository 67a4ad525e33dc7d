"""The accuracy routine: counting correct samples, as one more primitive behind the logits."""

from __future__ import annotations

from dataclasses import replace

from .errors import InputError
from .ir import Graph, Interval, Node, TensorType, Value
from .program import Program

MOST_BITS = 250
"""A sign decomposition and the slots above it must fit into the field."""


def _unused(name: str, graph: Graph) -> str:
    while name in graph.values():
        name += "'"
    return name


def append_evaluation(program: Program) -> Program:
    """The program whose output is k, the number of samples classified as labelled."""
    graph = program.graph
    logits = graph.value(graph.output)
    if len(logits.type.shape) != 1 or logits.type.size < 2:
        raise InputError(
            f"model output {logits.name!r} has shape {list(logits.type.shape)} a sample",
            why="accuracy needs one logit a class, for at least two classes",
            remedy="end the model in a layer of shape [batch, classes]",
        )
    honest = program.honest(logits.name)
    count = Value(_unused("correct", graph), TensorType((), Interval(0, 1)))
    bits = (honest.hi - honest.lo).bit_length() + 1
    if bits > MOST_BITS:
        raise InputError(
            f"the logits of {logits.name!r} span {bits} bits",
            why="their channels' scales are too far apart to be compared exactly",
            remedy="quantize the last layer per tensor",
        )
    attrs = {"lo": honest.lo, "bits": bits}
    node = Node("count_correct", "accuracy", (logits.name,), count, attrs)
    return replace(program, graph=replace(graph, nodes=(*graph.nodes, node), output=count.name))
