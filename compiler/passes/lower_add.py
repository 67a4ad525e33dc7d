"""Requirement: quantized sums in float32. Ensures: an integer sum and its integer
requantization, equal on every one of the at most 65,536 pairs of inputs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from .. import ops
from ..errors import InputError
from ..ir import Attribute, Graph, Interval, Node, TensorType, Value
from ..ops.add_quantized import quantized_sum
from ..ops.base import IntArray, float_attr, int_attr
from ..ops.requantize_table import STEPS
from ..program import Program
from .lower_requantize import lower as lower_steps

MOST_FRACTION_BITS = 30
OPERAND_BITS = 8


def _require_bytes(node: Node, *operands: TensorType) -> None:
    """Refuses operands of more than 8 bits: all pairs of their values are looked at."""
    for operand in operands:
        if operand.interval.bits > OPERAND_BITS:
            raise InputError(
                f"node {node.name!r} adds a tensor in "
                f"[{operand.interval.lo}, {operand.interval.hi}]",
                why=f"a quantized sum takes tensors of {OPERAND_BITS} bits",
                remedy="compile the model again, or fetch the build again",
            )


def _pairs(a: Interval, b: Interval) -> tuple[IntArray, IntArray]:
    grid = np.meshgrid(np.arange(a.lo, a.hi + 1), np.arange(b.lo, b.hi + 1), indexing="ij")
    return grid[0].ravel(), grid[1].ravel()


def _separate(key: IntArray, out: IntArray, lo: int) -> tuple[int, ...] | None:
    """Thresholds t with out = lo + #{q : t_q <= key} for all pairs, or None if there are none."""
    order = np.argsort(key, kind="stable")
    key, out = key[order], out[order]
    if (np.diff(out) < 0).any() or ((np.diff(key) == 0) & (np.diff(out) != 0)).any():
        return None
    first = [int(np.searchsorted(out, lo + q)) for q in range(1, STEPS)]
    top = int(key[-1]) + 1
    return (int(key[0]), *(int(key[i]) if i < len(key) else top for i in first), top)


def _combination(node: Node, a: Interval, b: Interval) -> tuple[int, int, tuple[int, ...]]:
    ratios = [float(float_attr(node, f"scale_{k}")) for k in "ab"]
    left, right = _pairs(a, b)
    out = quantized_sum(node, left, right)
    for fraction in range(MOST_FRACTION_BITS):
        unit = 2.0**fraction / max(map(abs, ratios))
        scale_a, scale_b = (round(r * unit) for r in ratios)
        rows = _separate(scale_a * left + scale_b * right, out, int_attr(node, "lo"))
        if rows is not None:
            return scale_a, scale_b, rows
    raise InputError(
        f"node {node.name!r} adds tensors by a rule that no integer sum reproduces",
        why="float32 rounding in onnxruntime orders some sums differently",
        remedy="use power-of-two scales (zkpot quantize does)",
    )


def _by_power_of_two(node: Node, a: TensorType, b: TensorType) -> tuple[Node, Node] | None:
    """Where all scales are powers of two: an exact sum, and the cheapest requantization of it."""
    mantissas, exponents = np.frexp([float(float_attr(node, f"scale_{k}")) for k in "abc"])
    if (abs(mantissas) != 0.5).any():
        return None
    left, right = (int(e - exponents[2]) for e in exponents[:2])
    shift = max(-left, -right, 0)
    if max(left, right) + shift > MOST_FRACTION_BITS:
        return None
    signs = np.sign(mantissas[:2]).astype(int).tolist()
    scale_a, scale_b = signs[0] << (left + shift), signs[1] << (right + shift)
    scales: dict[str, Attribute] = {"scale_a": scale_a, "scale_b": scale_b}
    total = Value(f"{node.output.name}.sum", node.output.type)
    add = Node("add", f"{node.name}.sum", node.inputs, total, scales)
    add = replace(add, output=replace(total, type=ops.of(add).infer(add, [a, b])))
    bounds = {"lo": int_attr(node, "lo"), "hi": int_attr(node, "hi")}
    steps: dict[str, Attribute] = {"scale": (2.0**-shift,), "divisor": 1.0, "fused": True, **bounds}
    requantize = Node("requantize", node.name, (total.name,), node.output, steps)
    pairs = _pairs(a.interval, b.interval)
    found = ops.of(requantize).evaluate(requantize, [ops.of(add).evaluate(add, pairs)[:, None]])
    exact = (found[:, 0] == quantized_sum(node, *pairs)).all()
    return (add, lower_steps(requantize, add.output.type.interval)) if exact else None


def lower(node: Node, a: TensorType, b: TensorType) -> tuple[Node, Node]:
    """The integer sum, and its requantization."""
    _require_bytes(node, a, b)
    return _by_power_of_two(node, a, b) or _by_thresholds(node, a, b)


def _by_thresholds(node: Node, a: TensorType, b: TensorType) -> tuple[Node, Node]:
    scale_a, scale_b, row = _combination(node, a.interval, b.interval)
    shape = node.output.type.shape
    total = Value(f"{node.output.name}.sum", TensorType(shape, Interval(row[0], row[-1] - 1)))
    scales = {"scale_a": scale_a, "scale_b": scale_b}
    add = Node("add", f"{node.name}.sum", node.inputs, total, scales)
    bits = max((y - x).bit_length() for x, y in pairwise(row))
    attrs: dict[str, Attribute] = {
        "thresholds": (row,),
        "lo": int_attr(node, "lo"),
        "hi": int_attr(node, "hi"),
        "bits": max(bits, 2),
    }
    return add, Node("requantize_table", node.name, (total.name,), node.output, attrs)


def _parameter_second(total: Node, graph: Graph) -> Node:
    """An integer sum doesn't care for the order; its template wants the data first."""
    first, second = total.inputs
    if not graph.is_parameter(first):
        return total
    scales = {"scale_a": total.attrs["scale_b"], "scale_b": total.attrs["scale_a"]}
    return replace(total, inputs=(second, first), attrs=scales)


def lower_add(program: Program) -> Program:
    """``program`` with every quantized sum lowered."""
    graph = program.graph
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.op == "add_quantized":
            a, b = (graph.value(i).type for i in node.inputs)
            total, steps = lower(node, a, b)
            nodes += [_parameter_second(total, graph), steps]
        else:
            nodes.append(node)
    return replace(program, graph=replace(graph, nodes=tuple(nodes)))
