"""Where the search for scales starts: the finest grids and exponents that cut nothing off."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .errors import InputError
from .float_graph import FloatGraph, FloatNode
from .float_nodes import AveragePool, Linear, Product, Sum
from .integer_graph import IntegerGraph, Scales, logits
from .quantize import UINT8_MAX, Exponents, FloatArray, Grid, Values, weight_range

MAX_EXPONENT = 60  # the product of two scales, 2^-120 at the least, is a normal float32
MAX_SPREAD = 8
"""How much finer a channel's weights may be than its layer's coarsest: sums of inputs whose units
are 2^MAX_SPREAD apart, and such biases, are still exact in float32."""


def bounded(exponent: int, node: str) -> int:
    """``exponent``; InputError naming ``node`` near the ends of float32."""
    if abs(exponent) > MAX_EXPONENT:
        raise InputError(
            f"layer {node!r} can't be quantized",
            why=f"its values call for a scale of 2^{-exponent}, near the ends of float32",
            remedy="normalize the data and retrain, so that weights and activations are near 1",
        )
    return exponent


def exponent_for(magnitude: float, steps: int) -> int:
    """The greatest e with magnitude * 2^e <= steps; 0 for a magnitude of 0."""
    return math.floor(math.log2(steps / magnitude)) if magnitude > 0 else 0


def input_grids(x: Values) -> tuple[Grid, Grid]:
    """The finest grid with an even zero point that holds all of ``x``, and the next finer one."""
    least, greatest = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    exponent = exponent_for(greatest - least, UINT8_MAX)
    zero_point = _even_above(-round(math.ldexp(least, exponent)))
    if round(math.ldexp(greatest, exponent)) + zero_point > UINT8_MAX:
        exponent -= 1
        zero_point = _even_above(-round(math.ldexp(least, exponent)))
    centre = (UINT8_MAX - math.ldexp(least + greatest, exponent + 1)) / 2
    finer = min(max(2 * round(centre / 2), 0), UINT8_MAX - 1) if least < 0 else 0
    return Grid(exponent, zero_point), Grid(exponent + 1, finer)


def _even_above(value: int) -> int:
    return value + value % 2


def layer_exponent(node: Linear, bits: int) -> int:
    """The greatest exponent, one for all channels, at which no weight is cut off."""
    return min(channel_exponents(node, bits, spread=0))


def channel_exponents(node: Linear, bits: int, spread: int = MAX_SPREAD) -> Exponents:
    """The same for each channel, at most ``spread`` above the coarsest."""
    lo, hi = weight_range(bits)
    found = [_finest(column, lo, hi) for column in node.weight.T]
    known = [e for e in found if e is not None]
    least = bounded(min(known, default=0), node.name)
    return tuple(least + spread if e is None else min(e, least + spread) for e in found)


def _finest(column: FloatArray, lo: int, hi: int) -> int | None:
    """None for weights that are all zero."""
    greatest = float(np.abs(column).max(initial=0.0))
    if greatest == 0:
        return None
    exponent = exponent_for(greatest, -lo)
    return exponent - int(bool((np.rint(np.ldexp(column, exponent)) > hi).any()))


def nonnegative(graph: FloatGraph, values: Mapping[str, Values], group: str) -> bool:
    """Whether every tensor of a group is bounded below by 0, by its node or as far as known."""
    return all(
        node.keeps_grid
        or node.lo >= 0
        or (not _summed(node) and bool(values[node.output].min() >= 0))
        for node in graph.members[group]
    )


def _summed(node: FloatNode) -> bool:
    """Whether the sign of ``node``'s output depends on weights, so that only bounds tell it."""
    return isinstance(node, Linear | Sum | Product)


def output_grid(
    graph: FloatGraph, values: Mapping[str, Values], group: str, fixed: int | None
) -> Grid:
    """The finest grid that holds all of a group's values, or the one of exponent ``fixed``."""
    members = graph.members[group]
    zero_point, steps = (0, UINT8_MAX) if nonnegative(graph, values, group) else (128, 127)
    if fixed is None:
        greatest = max(float(np.abs(values[node.output]).max()) for node in members)
        fixed = exponent_for(greatest, steps)
    return Grid(bounded(fixed, members[0].name), zero_point)


def data_grids(graph: FloatGraph, values: Mapping[str, Values]) -> tuple[Grid, Grid]:
    """`input_grids` of the data and of all that shares their scale."""
    group = graph.groups[graph.input]
    names = [graph.input, *(node.output for node in graph.members[group])]
    ends = [end for name in names for end in (values[name].min(), values[name].max())]
    return input_grids(np.array(ends))


def start(
    graph: FloatGraph, values: Mapping[str, Values], bits: int, fixed: Mapping[str, int]
) -> IntegerGraph:
    """The finest scales that cut nothing off and are valid; ``fixed``: exponents by group."""
    source = graph.groups[graph.input]
    grid, _ = data_grids(graph, values)
    bounded(grid.exponent, graph.nodes[0].name)
    model = IntegerGraph(graph, Scales({source: grid}, {}), bits)
    last = logits(graph)
    for node in graph.nodes:
        if isinstance(node, Linear):
            model = _with_weights(model, node)
        group = graph.groups[node.output]
        if group not in model.scales.grids and not (last and group == graph.groups[last.output]):
            grid = output_grid(graph, values, group, fixed.get(group))
            model = model.derive(model.scales.with_grid(group, grid))
    return model.derive(_coarsened(model, fixed))


def _with_weights(model: IntegerGraph, node: Linear) -> IntegerGraph:
    exponent = layer_exponent(node, model.weight_bits)
    while True:
        model = model.derive(model.scales.with_weights(node.output, (exponent,)))
        if model.layer(node).exact_in_float32():
            return model
        exponent = bounded(exponent - 1, node.name)


def _coarsened(model: IntegerGraph, fixed: Mapping[str, int]) -> Scales:
    """Grids coarse enough for what is rounded to them, in the order of the nodes."""
    for node in model.graph.nodes:
        finest, grid = finest_output(model, node), model.grid(node.output)
        if grid is None or finest is None or grid.exponent <= finest:
            continue
        group = model.graph.groups[node.output]
        if group in fixed or group == model.graph.groups[model.graph.input]:
            raise InputError(
                f"layer {node.name!r} can't be quantized",
                why="its Clip is so narrow that a few steps of the accumulator cross it"
                if group in fixed
                else "it is joined with the data, and its own values are much smaller",
                remedy="widen the Clip, or train with smaller weights before it",
            )
        model = model.derive(
            model.scales.with_grid(group, replace(grid, exponent=bounded(finest, node.name)))
        )
    return model.scales


def finest_output(model: IntegerGraph, node: FloatNode) -> int | None:
    """The greatest exponent of a grid that ``node``'s output can be rounded to; None: any."""
    if isinstance(node, Linear):
        return min(model.layer(node).accumulator_exponents) - 1
    if node.keeps_grid or (isinstance(node, AveragePool) and not node.exact):
        return None
    return node.finest([model.quantized(name) for name in node.inputs])


def valid(model: IntegerGraph) -> bool:
    """Whether every sum is a float32, and everything is rounded to something coarser."""
    for node in model.graph.nodes:
        if isinstance(node, Linear) and not model.layer(node).exact_in_float32():
            return False
        if isinstance(node, Sum):
            first, second = (model.quantized(name).exponent for name in node.inputs)
            if abs(first - second) > MAX_SPREAD:
                return False
        finest, grid = finest_output(model, node), model.grid(node.output)
        if grid is not None and finest is not None and grid.exponent > finest:
            return False
    return True
