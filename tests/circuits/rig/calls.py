"""Many template calls in one circuit, each in a wrapper of its own: one compile serves all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from zkpot.compiler import ops
from zkpot.compiler.field import PACK_BITS
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value
from zkpot.compiler.ops.base import CHALLENGE, FOLDED, LABELS, IntArray, Parameter, Special
from zkpot.compiler.ops.geometry import folded_columns

from .build import compiled, included, library
from .twin import freed
from .witness import Witness, complaints, solve, tensor

Shape = tuple[int, ...]
_CASE = re.compile(r"main\.c(\d+)[._]")


@dataclass(frozen=True)
class Call:
    """A call of ``template``. ``inputs``: the shape of each signal, or a constant's text."""

    include: str
    template: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[Shape | str, ...]
    output: Shape | None

    @property
    def signals(self) -> list[Shape]:
        return [shape for shape in self.inputs if not isinstance(shape, str)]


@dataclass(frozen=True)
class Case:
    """One primitive in a graph that holds nothing else but where its inputs come from."""

    node: Node
    graph: Graph
    samples: int

    @property
    def call(self) -> Call:
        gadget = ops.of(self.node).gadget(self.node, self.graph, self.samples)
        inputs = tuple(self._shape(name) for name in gadget.inputs)
        output: Shape | None = (self.samples, self.node.output.type.size)
        if self.node.op == "count_correct":
            output = ()
        elif self.node.output.name in gadget.inputs:
            output = None
        return Call(gadget.include, gadget.template, gadget.parameters, inputs, output)

    @property
    def constraints(self) -> int:
        return ops.of(self.node).constraints(self.node, self.graph, self.samples)

    def evaluate(self, *inputs: IntArray) -> IntArray:
        return ops.of(self.node).evaluate(self.node, inputs)

    def _shape(self, given: str | Special) -> Shape | str:
        if isinstance(given, Special):
            return self._special(given)
        name, value = given, self.graph.value(given)
        return (
            value.type.shape if self.graph.is_parameter(name) else (self.samples, value.type.size)
        )

    def _special(self, given: Special) -> Shape | str:
        if given.kind == "zeros":
            return f"[[{', '.join(['0'] * given.size)}]]"
        if given == LABELS:
            size = self.samples * self.graph.value(self.node.inputs[0]).type.size
            return (-(-size // PACK_BITS),)
        if given == FOLDED:
            return (folded_columns(self.node) + len(self.node.inputs) - 2,)
        return () if given == CHALLENGE else (given.size,)


def case(
    op: str,
    inputs: Sequence[TensorType],
    samples: int = 1,
    parameters: Sequence[int] = (),
    **attrs: Any,
) -> Case:
    """A node of ``op`` on ``inputs``; those at the positions ``parameters`` are private tensors."""
    values = [Value(f"x{i}", t) for i, t in enumerate(inputs)]
    node = Node(op, op, tuple(v.name for v in values), Value("out", inputs[0]), attrs)
    output = Value("out", ops.of(node).infer(node, inputs))
    node = Node(op, op, node.inputs, output, attrs)
    sources = tuple(
        Node("source", v.name, (), v) for i, v in enumerate(values) if i not in parameters
    )
    private = tuple(v for i, v in enumerate(values) if i in parameters)
    data = Value("data", TensorType((1,), Interval(0, 0)))
    graph = Graph(data, Quantization(None, 0, "int8"), private, (*sources, node), "out")
    return Case(node, graph, samples)


def _literal(parameter: Parameter) -> str:
    if isinstance(parameter, tuple):
        return f"[{', '.join(map(_literal, parameter))}]"
    return str(parameter)


def _dimensions(shape: Shape) -> str:
    return "".join(f"[{d}]" for d in shape)


def _wrapper(index: int, call: Call) -> list[str]:
    lines, arguments = [f"template Case{index}() {{"], []
    for i, shape in enumerate(call.inputs):
        if isinstance(shape, str):
            arguments.append(shape)
        else:
            lines.append(f"    signal input x{i}{_dimensions(shape)};")
            arguments.append(f"x{i}")
    text = f"{call.template}({', '.join(map(_literal, call.parameters))})({', '.join(arguments)});"
    if call.output is not None:
        text = f"signal output out{_dimensions(call.output)} <== {text}"
    return [*lines, f"    {text}", "}"]


def source(calls: Sequence[Call]) -> str:
    """A main circuit of ``calls``; inputs c0_x0, c0_x1, …, outputs c0_out, …"""
    lines = ["pragma circom 2.2.0;"]
    lines += [f'include "{path}";' for path in sorted({call.include for call in calls})]
    body = []
    for i, call in enumerate(calls):
        lines += _wrapper(i, call)
        body.append(f"component c{i} = Case{i}();")
        for j, shape in enumerate(call.inputs):
            if not isinstance(shape, str):
                body.append(f"signal input c{i}_x{j}{_dimensions(shape)};")
                body.append(f"c{i}.x{j} <== c{i}_x{j};")
        if call.output is not None:
            body.append(f"signal output c{i}_out{_dimensions(call.output)};")
            body.append(f"c{i}_out <== c{i}.out;")
    lines += ["template Main() {", *(f"    {line}" for line in body), "}"]
    return "\n".join([*lines, "component main = Main();", ""])


def constraint_counts(calls: Sequence[Call]) -> list[int]:
    """What each call adds to the R1CS under --O1; every constraint belongs to exactly one."""
    built = compiled(source(calls))
    counts: Counter[int] = Counter()
    for row in range(len(built.equations)):
        owners = {_owner(built.wires[w]) for w in built.equations.wires_of(row)}
        assert len(owners) == 1, f"constraint {row} belongs to {owners}"
        counts[owners.pop()] += 1
    assert counts.total() == len(built.equations)
    return [counts[i] for i in range(len(calls))]


def _owner(signal: str) -> int:
    found = _CASE.match(signal)
    assert found, signal
    return int(found[1])


def inputs_of(values: Sequence[Sequence[Any]], calls: Sequence[Call]) -> dict[str, Any]:
    """Input signals by name: ``values[i]`` are the arrays of call i, constants left out."""
    found = {}
    for i, (call, arrays) in enumerate(zip(calls, values, strict=True)):
        places = [j for j, shape in enumerate(call.inputs) if not isinstance(shape, str)]
        for j, array in zip(places, arrays, strict=True):
            assert np.shape(array) == call.inputs[j], (call.template, j, np.shape(array))
            found[f"c{i}_x{j}"] = array
    return found


def outputs_of(witness: Mapping[str, int], calls: Sequence[Call]) -> list[np.ndarray | None]:
    return [
        None if call.output is None else tensor(witness, f"main.c{i}_out", call.output)
        for i, call in enumerate(calls)
    ]


def witness_of(calls: Sequence[Call], values: Sequence[Sequence[Any]]) -> Witness:
    """Every signal, by the real circuit's own witness generator; its equations are satisfied."""
    built = compiled(source(calls), optimize="O0")
    witness = solve(built, inputs_of(values, calls))
    assert complaints(built, witness) == []
    return witness


def run(calls: Sequence[Call], values: Sequence[Sequence[Any]]) -> list[np.ndarray | None]:
    """The outputs of ``calls`` in `witness_of`."""
    return outputs_of(witness_of(calls, values), calls)


@dataclass(frozen=True)
class Judged:
    """What honest hints lead to where no check stops the generator."""

    outputs: list[np.ndarray | None]
    complaints: list[set[str]]

    def where(self, pattern: str) -> set[tuple[int, ...]]:
        """The indices that ``pattern`` picks out of the names in violated constraints."""
        found = set()
        for names in self.complaints:
            places = {m.groups() for name in names if (m := re.search(pattern, name))}
            assert places, f"a violated constraint matches no {pattern}: {names}"
            found |= {tuple(map(int, place)) for place in places}
        return found


def judge(calls: Sequence[Call], values: Sequence[Sequence[Any]]) -> Judged:
    """The real equations' verdict on any inputs, refused ones included."""
    main = source(calls)
    twin = compiled(*freed(main, included(main, library())), optimize="O0")
    witness: Witness = solve(twin, inputs_of(values, calls))
    return Judged(outputs_of(witness, calls), complaints(compiled(main), witness))
