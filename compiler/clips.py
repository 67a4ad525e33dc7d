"""Rewrites Clips between linear layers into Relu and the saturation that uint8 has anyway."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from .float_graph import FloatGraph, FloatNode
from .float_nodes import AveragePool, Linear, MaxPool, Movement
from .integer_graph import logits
from .quantize import UINT8_MAX


def clip_exponents(graph: FloatGraph) -> dict[str, int]:
    """By group, the exponent whose uint8 grid just holds what a layer clips on both sides.

    Only for the layers that `absorb_clips` rewrites.
    """
    return {
        graph.groups[node.output]: math.floor(math.log2(UINT8_MAX / (node.hi - node.lo)))
        for node in graph.nodes
        if math.isfinite(node.hi - node.lo) and _absorbable(graph, node)
    }


def absorb_clips(graph: FloatGraph, exponents: Mapping[str, int]) -> FloatGraph:
    """The same function of the input, in which every rewritten layer is linear or a Relu.

    ``clip(z, lo, hi) = clip(sign * (z - base), 0, hi - lo) / sign + base`` with base one of the
    bounds; scaled by c = 255 * 2^-exponent / (hi - lo), the upper bound falls on q = 255, where
    the grid of that exponent saturates. What remains to be done after the clip goes into the next
    layers' weights. So a Clip costs no constraint. ``exponents``: those of the groups that
    `clip_exponents` names; the result relies on them. Bounds on logits are dropped: they don't
    change which is greatest. Bounds that can't be rewritten stay.
    """
    last = logits(graph)
    if last is not None:
        graph = graph.with_nodes([replace(last, lo=-math.inf, hi=math.inf)])
    for output in [node.output for node in graph.nodes]:
        node = graph.producers[output]
        if isinstance(node, Linear) and _absorbable(graph, node):
            graph = _absorbed(graph, node, exponents)
    return graph


def _absorbed(graph: FloatGraph, node: Linear, exponents: Mapping[str, int]) -> FloatGraph:
    base, sign = _base(node)
    factor = sign
    if math.isfinite(node.hi - node.lo):
        exponent = exponents[graph.groups[node.output]]
        factor *= math.ldexp(UINT8_MAX, -exponent) / (node.hi - node.lo)
    readers = _readers(graph, node, base, sign)
    assert readers is not None
    here = replace(
        node,
        weight=node.weight * factor,
        bias=(node.bias - base) * factor,
        lo=0.0,
        hi=math.inf,
    )
    following = [
        replace(
            reader,
            weight=reader.weight / factor,
            bias=reader.bias + base * reader.weight.sum(axis=0),
        )
        for reader in readers
    ]
    return graph.with_nodes([here, *following])


def _base(node: FloatNode) -> tuple[float, float]:
    return (node.lo, 1.0) if math.isfinite(node.lo) else (node.hi, -1.0)


def _absorbable(graph: FloatGraph, node: FloatNode) -> bool:
    if node.linear or not isinstance(node, Linear) or (node.lo, node.hi) == (0.0, math.inf):
        return False
    return _readers(graph, node, *_base(node)) is not None


def _readers(
    graph: FloatGraph, node: FloatNode, base: float, sign: float
) -> tuple[Linear, ...] | None:
    """The linear layers that alone read ``node``, moved, pooled or averaged; None if others do.

    A base is lost in zeros that are padded in, and a maximum under a negative sign is a minimum.
    """
    group = graph.groups[node.output]
    members = graph.members[group]
    if graph.groups[graph.output] == group or group == graph.groups[graph.input]:
        return None
    found: list[Linear] = []
    for member in members:
        if member is not node and not _passes(member, base, sign):
            return None
        for reader in graph.readers.get(member.output, ()):
            if reader in members:
                continue
            if isinstance(reader, Linear) and not (base and _padded(reader)):
                found.append(reader)
                continue
            behind = _behind(graph, reader, base, sign)
            if behind is None:
                return None
            found.extend(behind)
    return tuple({layer.output: layer for layer in found}.values())


def _behind(
    graph: FloatGraph, node: FloatNode, base: float, sign: float
) -> tuple[Linear, ...] | None:
    averages = isinstance(node, AveragePool) and node.linear and not (base and node.padded)
    return _readers(graph, node, base, sign) if averages else None


def _passes(node: FloatNode, base: float, sign: float) -> bool:
    if isinstance(node, Movement):
        return len(node.inputs) == 1 and not (base and node.pads)
    return isinstance(node, MaxPool) and sign > 0 and node.linear


def _padded(node: Linear) -> bool:
    return node.window is not None and bool((node.window.taps < 0).any())
