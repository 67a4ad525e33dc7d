"""What would make a circuit smaller: each change is tried, by lowering the model again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler import ops
from zkpot.compiler.circuit import Circuit, costs, lower
from zkpot.compiler.errors import ZkpotError
from zkpot.compiler.ir import Attribute, Graph, Interval, Node
from zkpot.compiler.ops.base import float_attr

SCALED = ("requantize", "add_quantized")
MOST_NODES = 12
"""How many are tried, the costliest first: each takes a lowering of the whole model."""
LEAST_SHARE = 0.001
"""Of all constraints; what saves less is not worth a sentence."""


@dataclass(frozen=True)
class Saving:
    """``change`` to ``node`` ("" for the whole model) takes ``constraints`` off the circuit."""

    node: str
    change: str
    constraints: int
    remedy: str

    def __str__(self) -> str:
        where = f"node {self.node!r}" if self.node else "the model"
        text = f"{where}: {self.change} would save {self.constraints:,} constraints"
        return f"{text} ({self.remedy})" if self.remedy else text


@dataclass(frozen=True)
class _Trial:
    """A change, as what would be lowered instead."""

    node: str
    change: str
    remedy: str
    model: Graph
    accumulators: Mapping[str, Interval]
    weight_bits: int


def savings(circuit: Circuit) -> tuple[Saving, ...]:
    """Every change tried that makes ``circuit`` smaller, the greatest saving first."""
    total = _constraints(circuit)
    found = []
    for trial in _trials(circuit):
        saved = total - _lowered(trial, circuit.samples, total)
        if saved > LEAST_SHARE * total:
            found.append(Saving(trial.node, trial.change, saved, trial.remedy))
    return tuple(sorted(found, key=lambda s: -s.constraints))


def _constraints(circuit: Circuit) -> int:
    return sum(part.constraints for part in costs(circuit))


def _lowered(trial: _Trial, samples: int, otherwise: int) -> int:
    """The constraints with the change, or ``otherwise`` where it can't be compiled."""
    try:
        return _constraints(lower(trial.model, samples, trial.weight_bits, trial.accumulators))
    except ZkpotError:
        return otherwise


def _trials(circuit: Circuit) -> Iterator[_Trial]:
    model, room, bits = circuit.model, circuit.accumulators, circuit.weight_bits
    for node in _costliest(circuit):
        ratio = _power_of_two(node) if node.op in SCALED else None
        if ratio is not None:
            yield _Trial(
                node.name,
                "power-of-two scales",
                "zkpot quantize chooses them",
                _with_node(model, ratio),
                room,
                bits,
            )
        if ops.of(node).accumulates and node.output.name in room:
            half = _halved(room[node.output.name])
            change = f"an accumulator of {half.bits} bits"
            remedy = "coarser weights, or a smaller declared width"
            yield _Trial(node.name, change, remedy, model, {**room, node.output.name: half}, bits)
    if bits > 2:
        change = f"weights of {bits - 1} bits"
        remedy = f"zkpot quantize --weight-bits {bits - 1}"
        yield _Trial("", change, remedy, model, room, bits - 1)


def _costliest(circuit: Circuit) -> list[Node]:
    """Layers and requantizations of the model, by what is spent on them and their readers."""
    spent = {part.name: part.constraints for part in costs(circuit)}

    def weight(node: Node) -> int:
        readers = circuit.model.consumers(node.output.name)
        return spent.get(node.name, 0) + sum(spent.get(r.name, 0) for r in readers)

    nodes = [n for n in circuit.model.nodes if n.op in SCALED or ops.of(n).accumulates]
    return sorted(nodes, key=weight, reverse=True)[:MOST_NODES]


def _halved(interval: Interval) -> Interval:
    """One bit less, also with what rounding adds: below 2^-9 of it, for B >= s + 9 (design 3.5)."""
    return Interval(-(-127 * interval.lo // 256), 127 * interval.hi // 256)


def _with_node(graph: Graph, node: Node) -> Graph:
    nodes = tuple(node if n.output.name == node.output.name else n for n in graph.nodes)
    return replace(graph, nodes=nodes)


def _power_of_two(node: Node) -> Node | None:
    """``node`` with ratios 2^-s, s >= 0, closest to its own; None where they are such already."""
    attrs: dict[str, Attribute] = {}
    if node.op == "requantize":
        scale = np.atleast_1d(np.array(node.attrs["scale"], np.float64))
        ratios = _rounded(scale / float_attr(node, "divisor"))
        attrs = {"scale": tuple(ratios.tolist()), "divisor": 1.0}
        same = bool((ratios * float_attr(node, "divisor") == scale).all())
    else:
        scales = np.array([float_attr(node, f"scale_{k}") for k in "abc"], np.float64)
        ratios = _rounded(scales[:2] / scales[2])
        attrs = {"scale_a": float(ratios[0]), "scale_b": float(ratios[1]), "scale_c": 1.0}
        same = bool((ratios * scales[2] == scales[:2]).all())
    return None if same else node.with_attrs(**attrs)


def _rounded(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp2(np.minimum(np.rint(np.log2(ratios)), 0)))
