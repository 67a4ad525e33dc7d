"""Wires and non-zeros of a circuit, computed before anything is compiled.

The formulas were read off the templates in circuits/ and held against circom2 0.2.23 under --O1:
a constraint b·(b - 1) = 0 has one non-zero in A, two in B; a linear one has all of its in C. They
are exact but for a constant that cancels here and there (less than 1% of the whole), and decide
nothing but an estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

from zkpot.compiler import ops
from zkpot.compiler.circuit import Circuit
from zkpot.compiler.ir import Graph, Node
from zkpot.compiler.ops.base import int_attr, ints_attr
from zkpot.compiler.ops.dense import dimensions
from zkpot.compiler.ops.requantize_shift import window_width
from zkpot.compiler.passes.absorption import Packing
from zkpot.compiler.poseidon import RATE


@dataclass(frozen=True)
class Size:
    """What a part adds: wires, non-zeros of A and B together, and non-zeros of C."""

    wires: int
    factors: int
    products: int

    def __add__(self, other: Size) -> Size:
        wires, factors = self.wires + other.wires, self.factors + other.factors
        return Size(wires, factors, self.products + other.products)

    def times(self, count: int) -> Size:
        """``count`` copies."""
        return Size(self.wires * count, self.factors * count, self.products * count)

    @property
    def nonzeros(self) -> int:
        """Of all three matrices."""
        return self.factors + self.products


NOTHING = Size(0, 0, 0)


def circuit_size(circuit: Circuit) -> Size:
    """The whole R1CS: the constant 1, every input, and what the parts add."""
    plan, graph = circuit.absorption, circuit.graph
    outputs = sum(p.count for p in plan.challenge)
    inputs = circuit.public_signals - 3 + 2 + outputs + sum(p.type.size for p in graph.parameters)
    parts = [Size(1 + inputs, 0, 0)]
    parts += [_bits(p.type.interval.bits).times(p.type.size) for p in graph.parameters]
    for length, packings in (
        (plan.commitment_length, plan.commitment),
        (plan.challenge_length, plan.challenge),
    ):
        parts += [_sponge(length), *map(_packing, packings)]
    parts += [node_size(node, graph, circuit.samples) for node in graph.nodes]
    return reduce(Size.__add__, parts)


def node_size(node: Node, graph: Graph, samples: int) -> Size:
    """One node's share; for a primitive without a formula, one that suits its constraints."""
    formula = _FORMULAS.get(node.op)
    if formula is not None:
        return formula(node, graph, samples)
    constraints = ops.of(node).constraints(node, graph, samples)
    return Size(constraints, 7 * constraints, constraints)


def _bits(width: int) -> Size:
    """lib/bits.circom: the last constraint's two factors hold every other bit, ``in`` and 1."""
    return Size(width - 1, 5 * width - 2, 0)


def _packing(packing: Packing) -> Size:
    if packing.slots == 1:
        return NOTHING
    return Size(packing.elements, 0, packing.count + packing.elements)


def _sponge(length: int) -> Size:
    """lib/poseidon.circom: the first block reads a constant, a later one the 17 lanes before it."""
    first = min(length, RATE)
    size = Size(613, 10_489 + 7 * first, 4_166 - 2 * first)
    for start in range(RATE, length, RATE):
        size += Size(612, 11_424 + 3 * min(length - start, RATE), 4_114)
    return size


def _groups(node: Node, width: int) -> list[int]:
    """How many outputs each packed group holds."""
    slots = int_attr(node, "slots")
    return [min(slots, width - start) for start in range(0, width, slots)]


def _dense_folded(node: Node, graph: Graph, samples: int) -> Size:
    depth, width, biased = dimensions(node, graph)
    rows = depth + biased
    return reduce(
        Size.__add__,
        (
            Size(
                rows + samples - 2,
                rows * (1 + size) + 2 * (samples - 1) + size - 1,
                2 * rows - 1 + (samples - 1) * (1 + size),
            )
            for size in _groups(node, width)
        ),
    )


def _dense_packed(node: Node, graph: Graph, samples: int) -> Size:
    depth, width, biased = dimensions(node, graph)
    groups = _groups(node, width)
    packed = [size for size in groups if size > 1]
    terms = samples * len(groups) * (depth - 1)
    return Size(
        terms + samples * width + depth * len(packed),
        2 * samples * len(groups) * depth,
        2 * terms + samples * width * (1 + biased) + depth * sum(size + 1 for size in packed),
    )


def _clipping(node: Node) -> tuple[int, Size]:
    """The window's width, and what clipping below a power of two adds."""
    lo, hi = int_attr(node, "lo"), int_attr(node, "hi")
    width = window_width(lo, hi)
    cut = hi - lo != (1 << width) - 1
    return width, Size(width + 2, 6 * width + 8, 4) if cut else NOTHING


def _requantize_shift(node: Node, graph: Graph, samples: int) -> Size:
    bits, shifts = int_attr(node, "bits"), ints_attr(node, "shift")
    width, clip = _clipping(node)
    channels = [
        Size(bits + 4, 7 * bits + 2 * s + width + 11, bits + 7)
        if s
        else Size(bits + 2, 7 * bits + width + 1, bits + 5)
        for s in shifts
    ]
    one = reduce(Size.__add__, channels) + clip.times(len(shifts))
    return one.times(samples * node.output.type.size // len(shifts))


def _requantize_line(node: Node, graph: Graph, samples: int) -> Size:
    wide, (width, clip) = ints_attr(node, "wide"), _clipping(node)
    channels = [Size(w + 2, 7 * w + width + 1, w + 5) for w in wide]
    checked = (_bits(int_attr(node, "bits")) + clip).times(len(wide))
    one = reduce(Size.__add__, channels) + checked
    return one.times(samples * node.output.type.size // len(wide))


def _requantize_table(node: Node, graph: Graph, samples: int) -> Size:
    """Its two tables' polynomials count as full, which those of a linear table are not."""
    bits, offset = int_attr(node, "bits"), int(int_attr(node, "lo") != 0)
    return Size(2 * bits + 63, 10 * bits + 392, 120 + 3 * offset).times(
        samples * node.output.type.size
    )


def _count_correct(node: Node, graph: Graph, samples: int) -> Size:
    classes, bits = graph.value(node.inputs[0]).type.size, int_attr(node, "bits")
    factors = 7 * bits * classes + 3 * classes * classes + 12 * classes - 5
    one = Size(classes * (bits + 1) + 1, factors, 2 * classes + 2)
    return one.times(samples) + Size(1, 0, 1)


def _linear(terms: int) -> Callable[[Node, Graph, int], Size]:
    def size(node: Node, graph: Graph, samples: int) -> Size:
        return Size(1, 0, terms).times(samples * node.output.type.size)

    return size


def _range_check(node: Node, graph: Graph, samples: int) -> Size:
    return _bits(int_attr(node, "bits")).times(samples * node.output.type.size)


_FORMULAS: Mapping[str, Callable[[Node, Graph, int], Size]] = {
    "add": _linear(3),
    "count_correct": _count_correct,
    "dense_folded": _dense_folded,
    "dense_packed": _dense_packed,
    "range_check": _range_check,
    "requantize_line": _requantize_line,
    "requantize_shift": _requantize_shift,
    "requantize_table": _requantize_table,
    "scale": _linear(2),
}
