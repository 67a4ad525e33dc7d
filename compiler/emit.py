"""Circuit -> Circom: one template call a node, by what the node's primitive says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from . import ops
from .circuit import Circuit
from .ir import Node, Value
from .ops.base import CHALLENGE, FOLDED, LABELS, Parameter, Special
from .passes.absorption import Packing, declared_range
from .poseidon import initial_capacity

LIBRARY = ("lib/poseidon.circom", "lib/pack.circom", "nn/range_check.circom")
PRIVATE, PACKED = "private", "packed"
RESERVED = ("ctx", "dataset", "u", "labels", "salt", "cm", "r", "k")


class _Names:
    """Circom identifiers for graph values: readable, unique, stable."""

    def __init__(self) -> None:
        self._by_value: dict[tuple[str, str], str] = {}
        self._taken = set(RESERVED)

    def of(self, value: str, prefix: str = "") -> str:
        """``prefix`` tells signals apart that belong to one value."""
        key = prefix, value
        if key not in self._by_value:
            plain = re.sub(r"\W+", "_", f"{prefix} {value}", flags=re.ASCII).strip("_")
            stem = f"v_{plain or 'value'}"
            name, count = stem, 2
            while name in self._taken:
                name, count = f"{stem}_{count}", count + 1
            self._taken.add(name)
            self._by_value[key] = name
        return self._by_value[key]


def _literal(parameter: Parameter) -> str:
    if isinstance(parameter, tuple):
        return f"[{', '.join(map(_literal, parameter))}]"
    return str(parameter)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)


@dataclass(frozen=True)
class Emission:
    """The text of circuit.circom, and the input signal of each private tensor by its value name.

    Equal circuits give equal bytes.
    """

    text: str
    inputs: Mapping[str, str]


def emit(circuit: Circuit) -> Emission:
    """The Circom of ``circuit``."""
    emitter = _Emitter(circuit)
    text = emitter.text()
    private = {p.name: emitter.names.of(p.name, PRIVATE) for p in circuit.graph.parameters}
    outputs = {p.value: emitter.names.of(p.value) for p in circuit.absorption.challenge}
    return Emission(text, {**private, **outputs})


class _Emitter:
    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.graph = circuit.graph
        self.names = _Names()

    def text(self) -> str:
        plan = self.circuit.absorption
        template = files("zkpot.templates").joinpath("main.circom").read_text()
        outputs = [self.graph.value(p.value) for p in plan.challenge]
        head = ["ctx", "dataset", "salt[1]"]
        return Template(template).substitute(
            circuit_id=self.circuit.id,
            samples=self.circuit.samples,
            folded_length=self.circuit.folded_length,
            label_inputs=self.circuit.label_inputs,
            includes="\n".join(f'include "{path}";' for path in self._includes()),
            parameter_inputs=self._inputs(self.graph.parameters, PRIVATE),
            output_inputs=_indented(
                f"signal input {self.names.of(v.name)}{self._shape(v)};" for v in outputs
            ),
            parameters=_indented(self._parameter(p) for p in self.graph.parameters),
            commitment=self._sponge(
                "cm", "commitment", ["salt[0]"], plan.commitment, plan.commitment_length
            ),
            challenge=self._sponge(
                "r", "challenge", ["cm", *head], plan.challenge, plan.challenge_length
            ),
            parts=self._parts(),
            nodes="\n".join(map(self._node, self.graph.nodes)),
        )

    def _includes(self) -> list[str]:
        gadgets = [
            ops.of(n).gadget(n, self.graph, self.circuit.samples).include for n in self.graph.nodes
        ]
        powers = ("lib/powers.circom",) if self.circuit.powers else ()
        return sorted({*LIBRARY, *powers, *gadgets})

    def _shape(self, value: Value) -> str:
        if self.graph.is_parameter(value.name):
            return "".join(f"[{d}]" for d in value.type.shape)
        return f"[{self.circuit.samples}][{value.type.size}]"

    def _inputs(self, values: tuple[Value, ...], prefix: str) -> str:
        return _indented(
            f"signal input {self.names.of(v.name, prefix)}{self._shape(v)};" for v in values
        )

    def _parameter(self, value: Value) -> str:
        name, interval = self.names.of(value.name), declared_range(value)
        rows, columns = value.type.shape
        call = f"RangeChecked({rows}, {columns}, {interval.bits}, {interval.lo})"
        return (
            f"signal {name}{self._shape(value)} <== {call}({self.names.of(value.name, PRIVATE)});"
        )

    def _sponge(
        self, output: str, domain: str, head: list[str], packings: tuple[Packing, ...], length: int
    ) -> str:
        lines = [f"signal {output}_in[{length}];"]
        lines += [f"{output}_in[{i}] <== {name};" for i, name in enumerate(head)]
        start = len(head)
        for packing in packings:
            lines += self._packed(output, packing, start)
            start += packing.elements
        capacity = initial_capacity(domain, self.circuit.id, length)
        lines.append(f"signal output {output} <== Sponge({length}, {capacity})({output}_in);")
        return _indented(lines)

    def _packed(self, output: str, packing: Packing, start: int) -> list[str]:
        name = self.names.of(packing.value)
        packed = self.names.of(packing.value, PACKED)
        value = self.graph.value(packing.value)
        columns = value.type.shape[-1]
        rows = packing.count // columns
        call = f"Pack({rows}, {columns}, {packing.slots}, {packing.stride})({name})"
        return [
            f"signal {packed}[{packing.elements}] <== {call};",
            f"for (var i = 0; i < {packing.elements}; i++) "
            f"{{ {output}_in[{start} + i] <== {packed}[i]; }}",
        ]

    def _input(self, given: str | Special) -> str:
        if isinstance(given, str):
            return self.names.of(given)
        if given.kind == "zeros":
            return f"[[{', '.join(['0'] * given.size)}]]"
        if given.kind == "powers":
            return self._part("powers", 0, given.size, self.circuit.powers)[0]
        return {CHALLENGE: "r", LABELS: "labels"}[given]

    def _part(self, array: str, start: int, length: int, whole: int) -> tuple[str, list[str]]:
        """The name of ``length`` signals of ``array`` from ``start`` on, and what declares it."""
        if length == whole:
            return array, []
        name = f"{array}_{start}_{length}"
        loop = f"for (var i = 0; i < {length}; i++) {{ {name}[i] <== {array}[{start} + i]; }}"
        return name, [f"signal {name}[{length}];", loop]

    def _parts(self) -> str:
        """The powers of the challenge, and the parts of them and of u that nodes take."""
        circuit = self.circuit
        lines: list[str] = []
        if circuit.powers:
            lines.append(f"signal powers[{circuit.powers}] <== Powers({circuit.powers})(r);")
        for count in sorted(
            {ops.of(n).powers(n, self.graph, circuit.samples) for n in self.graph.nodes}
        ):
            if count:
                lines += self._part("powers", 0, count, circuit.powers)[1]
        for node in circuit.entries:
            lines += self._entry(node)[1]
        return _indented(lines)

    def _entry(self, node: Node) -> tuple[str, list[str]]:
        """The part of u that ``node`` takes."""
        before = self.circuit.entries[: self.circuit.entries.index(node)]
        start = sum(map(self.circuit.entry_length, before))
        length = self.circuit.entry_length(node)
        return self._part("u", start, length, self.circuit.folded_length)

    def _node(self, node: Node) -> str:
        gadget = ops.of(node).gadget(node, self.graph, self.circuit.samples)
        arguments = ", ".join(map(_literal, gadget.parameters))
        inputs = [
            self._entry(node)[0] if name == FOLDED else self._input(name) for name in gadget.inputs
        ]
        call = f"{gadget.template}({arguments})({', '.join(inputs)});"
        comment = f"    // {node.op} {_comment(node.name)}\n"
        if node is self.circuit.evaluation:
            return f"{comment}    signal output k <== {call}"
        if node.output.name in gadget.inputs:
            return f"{comment}    {call}"
        name = self.names.of(node.output.name)
        return f"{comment}    signal {name}{self._shape(node.output)} <== {call}"


def _comment(name: str) -> str:
    """A node's name on one line, whatever characters the model's author used."""
    return re.sub(r"[^\x20-\x7e]", "?", name)
