"""Select against its index, without a constraint of its own; many inputs as pairs."""

from __future__ import annotations

import numpy as np
import pytest
from rig.build import compiled
from rig.calls import Case, case, run
from zkpot.compiler import ops
from zkpot.compiler.errors import InputError, SoundnessError
from zkpot.compiler.interpret import interpret
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value
from zkpot.compiler.ops.select import MOST_INPUTS
from zkpot.compiler.passes.lower_select import lower_select
from zkpot.compiler.program import Program

BYTE = Interval(-128, 127)
INDICES = [(0, 1, 2), (2, 1, 0), (-1, 2, 2, -1, 0, 1), (1,), (-1, -1)]


def select_case(sizes: tuple[int, ...], index: tuple[int, ...], samples: int = 2) -> Case:
    types = [TensorType((size,), Interval(-i, 10 * i)) for i, size in enumerate(sizes, 1)]
    return case("select", types, samples, index=index)


def test_elements_come_from_where_the_index_says():
    rng = np.random.default_rng(61)
    cases = [select_case((3,), index) for index in INDICES]
    cases += [select_case((3, 2), (*index, 4, 3)) for index in INDICES]
    values = [
        [rng.integers(-128, 128, (2, t)) for t in ((3, 2) if len(one.node.inputs) == 2 else (3,))]
        for one in cases
    ]
    outputs = run([c.call for c in cases], values)
    for one, arrays, output in zip(cases, values, outputs, strict=True):
        for i in range(2):
            flat = [int(x) for array in arrays for x in array[i]]
            exact = [0 if e == -1 else flat[e] for e in one.node.attrs["index"]]
            assert output[i].tolist() == exact
            assert one.evaluate(*arrays)[i].tolist() == exact


def test_the_interval_is_that_of_what_is_read():
    def interval(index: tuple[int, ...]) -> Interval:
        return select_case((3, 2), index).node.output.type.interval

    assert interval((0, 2)) == Interval(-1, 10)
    assert interval((3, 4)) == Interval(-2, 20)
    assert interval((2, 3)) == Interval(-2, 20)
    positive = [TensorType((1,), Interval(5, 6))]
    assert case("select", positive, index=(0, -1)).node.output.type.interval == Interval(0, 6)


MAIN = """pragma circom 2.2.0;
include "nn/select.circom";
template Main() {
    signal input a[2][3];
    signal input b[2][2];
    signal output square[2][7];
    signal picked[2][6] <== SelectOfTwo(2, 3, 2, 6, [4, 0, 2, -1, 3, 1])(a, b);
    signal again[2][7] <== Select(2, 6, 7, [5, 4, 3, 2, 1, 0, 0])(picked);
    for (var i = 0; i < 2; i++) {
        for (var j = 0; j < 7; j++) { square[i][j] <== (again[i][j] + 3) * again[i][j]; }
    }
}
component main = Main();
"""


def test_a_selection_leaves_no_constraint():
    # One for every output of the circuit; the wires are 1, the inputs and the outputs.
    equations = compiled(MAIN).equations
    assert len(equations) == 14
    assert equations.wires == 1 + 10 + 14
    assert all(one.constraints == 0 for one in (select_case((3,), (0,)), select_case((3, 2), (4,))))


@pytest.mark.parametrize("index", [(0, 5), (-2,)])
def test_an_index_outside_the_inputs_is_refused(index):
    with pytest.raises(InputError, match="reads outside its inputs"):
        select_case((3, 2), index)


def test_more_inputs_than_a_template_takes_are_no_gadget():
    with pytest.raises(SoundnessError, match="3 inputs"):
        _ = select_case((1, 1, 1), (0, 1, 2)).call


def test_ties_follow_the_index():
    one = select_case((3, 2), (4, 0, 0, -1, 2))
    op = ops.of(one.node)

    def tied(outputs: list[int], position: int) -> list[int]:
        marked = np.isin(np.arange(5), outputs)
        return np.flatnonzero(op.ties(one.node, one.graph, position, marked)).tolist()

    assert (tied([0, 1, 3], 0), tied([0, 1, 3], 1)) == ([0], [1])
    assert (tied([2, 4], 0), tied([2, 4], 1)) == ([0, 2], [])
    assert op.forces_through(one.node, 0, Interval(-4, 4)) == Interval(-4, 4)


def program(sizes: list[int], index: tuple[int, ...]) -> Program:
    """Selects of one value behind it, then a select of all of those."""
    data = Value("data", TensorType((max(sizes),), BYTE))
    nodes = []
    for i, size in enumerate(sizes):
        order = tuple(range(size))[::-1]
        output = Value(f"part{i}", TensorType((size,), BYTE))
        nodes.append(Node("select", f"part{i}", ("data",), output, {"index": order}))
    types = [node.output.type for node in nodes]
    names = tuple(node.output.name for node in nodes)
    last = Node("select", "all", names, Value("out", TensorType((1,), BYTE)), {"index": index})
    last = Node("select", "all", names, Value("out", ops.of(last).infer(last, types)), last.attrs)
    quantization = Quantization(None, 0, "int8")
    return Program(Graph(data, quantization, (), (*nodes, last), "out"), 1)


@pytest.mark.parametrize("seed", range(6))
def test_pairs_select_what_all_inputs_together_would(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, int(rng.integers(1, 8))).tolist()
    index = tuple(rng.integers(-1, sum(sizes), 9).tolist())
    before = program(sizes, index)
    after = lower_select(before)
    x = rng.integers(-128, 128, (3, max(sizes)))
    expected, found = (interpret(p.graph, x, {})["out"] for p in (before, after))
    assert (found == expected).all()
    assert all(len(node.inputs) <= MOST_INPUTS for node in after.graph.nodes)
    assert after.graph.nodes[-1].name == "all"
    assert after.graph.value("out").type == before.graph.value("out").type
    if len(sizes) <= MOST_INPUTS:
        assert after == before


def test_what_nothing_reads_is_not_joined():
    after = lower_select(program([2, 3, 4, 5], (0, 13)))
    (last,) = after.graph.nodes[4:]
    assert last.inputs == ("part0", "part3") and last.attrs["index"] == (0, 6)
    constant = lower_select(program([2, 3, 4], (-1, -1)))
    assert constant.graph.nodes[-1].attrs["index"] == (-1, -1)
