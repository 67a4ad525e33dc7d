"""Requirement: a graph with one output. Ensures: every node and parameter is read on the way to it.

An output that nobody reads has no enforced interval (design 3.2), so it must not exist.
"""

from __future__ import annotations

from dataclasses import replace

from ..program import Program


def drop_dead(program: Program) -> Program:
    """``program`` without what its output does not depend on."""
    graph = program.graph
    needed = {graph.output}
    kept = []
    for node in reversed(graph.nodes):
        if node.output.name in needed:
            kept.append(node)
            needed.update(node.inputs)
    parameters = tuple(p for p in graph.parameters if p.name in needed)
    return replace(
        program, graph=replace(graph, nodes=tuple(reversed(kept)), parameters=parameters)
    )
