"""PublicData against the packing that the verifier computes."""

from __future__ import annotations

import numpy as np
from rig.calls import Call, constraint_counts, judge, run
from zkpot.compiler.folding import packed_data
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value
from zkpot.compiler.ops.public_data import PublicData, elements

SHAPES = [
    (1, 1, 0, 8),
    (2, 5, -128, 8),
    (3, 21, -7, 8),
    (4, 32, 0, 8),
    (3, 50, -3, 4),
    (1, 32, 0, 8),
]


def entry(n: int, size: int, lo: int, bits: int) -> tuple[Node, Call, int]:
    kind = TensorType((size,), Interval(lo, lo + (1 << bits) - 1))
    node = Node("public_data", "data", ("x",), Value("y", kind))
    graph = Graph(Value("x", kind), Quantization(None, 0, "int8"), (), (node,), "y")
    gadget = PublicData().gadget(node, graph, n)
    call = Call(
        gadget.include, gadget.template, gadget.parameters, ((elements(node, n),),), (n, size)
    )
    return node, call, PublicData().constraints(node, graph, n)


def data(rng: np.random.Generator, n: int, size: int, lo: int, bits: int) -> np.ndarray:
    values = rng.integers(lo, lo + (1 << bits), (n, size))
    values[0, 0], values[-1, -1] = lo, lo + (1 << bits) - 1
    return values


def test_what_ispacked_data_is_unpacked():
    rng = np.random.default_rng(31)
    tensors = [data(rng, *shape) for shape in SHAPES]
    entries = [entry(*shape) for shape in SHAPES]
    packed = [[packed_data(node, x)] for (node, _, _), x in zip(entries, tensors, strict=True)]
    for found, x in zip(run([call for _, call, _ in entries], packed), tensors, strict=True):
        assert (found == x).all()


def test_the_formula_is_the_count():
    entries = [entry(*shape) for shape in SHAPES]
    assert constraint_counts([call for _, call, _ in entries]) == [count for *_, count in entries]


def test_an_element_that_packs_anything_else_is_refused():
    """Too large for its values, negative, or a fraction: no honest reading exists."""
    node, call, _ = entry(1, 3, -128, 8)
    right = packed_data(node, np.array([[-128, 0, 127]]))[0]
    elements = [right, right + (1 << 24), -1, right + (1 << 200)]
    found = judge([call] * len(elements), [[[e]] for e in elements])
    assert found.where(r"main\.c(\d+)[._]") == {(1,), (2,), (3,)}
