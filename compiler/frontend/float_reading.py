"""What is known while a float model is read, node by node."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.float_graph import FloatNode
from zkpot.compiler.float_nodes import Linear, MaxPool, Movement

from .float_trace import FloatTrace
from .onnx_file import Array, attribute, describe

SAME = ("Dropout", "Identity")
RESHAPES = ("Flatten", "Reshape", "Squeeze", "Unsqueeze")


@dataclass
class FloatReading:
    """``nodes``: what has been read so far, by output; ``same``: tensors that are other tensors
    under another name; ``reads``: how many live nodes read each tensor; ``output``: the model's."""

    trace: FloatTrace
    output: str
    opset: int
    reads: Mapping[str, int]
    same: dict[str, str]
    nodes: dict[str, FloatNode] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    ended: str | None = None

    def name(self, tensor: str) -> str:
        """The first name of a tensor."""
        while tensor in self.same:
            tensor = self.same[tensor]
        return tensor

    def shape(self, tensor: str) -> tuple[int, ...]:
        """One sample's shape."""
        return self.trace.shapes[tensor]

    def constant(self, node: onnx.NodeProto, position: int) -> Array | None:
        """Input ``position`` of ``node`` as a finite constant; None where it isn't given."""
        if position >= len(node.input) or not node.input[position]:
            return None
        name = node.input[position]
        if name not in self.trace.constants:
            raise refused(
                node,
                f"its input {name!r} is not a constant",
                "export it as a constant, a shape for example as [-1, 784]",
            )
        value = self.trace.constants[name]
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise InputError(
                f"{name!r}, an input of {describe(node)}, holds NaN or infinity",
                remedy="train the model again; finite weights are needed",
            )
        return value

    def required(self, node: onnx.NodeProto, position: int) -> Array:
        """Like `constant`, for an input that has to be there."""
        value = self.constant(node, position)
        if value is None:
            raise refused(node, f"its input {position} is missing", "export the model again")
        return value

    def is_constant(self, node: onnx.NodeProto, position: int) -> bool:
        """Whether input ``position`` is there and doesn't depend on the data."""
        return position < len(node.input) and node.input[position] in self.trace.constants

    def data(self, node: onnx.NodeProto, position: int = 0) -> str:
        """Input ``position``, a tensor that depends on the data."""
        if self.is_constant(node, position):
            raise refused(node, f"its input {position} is a constant", "give the data in its place")
        return self.name(node.input[position])

    def add(self, made: FloatNode) -> None:
        """Takes up a node."""
        self.nodes[made.output] = made

    def only(self, tensor: str) -> FloatNode | None:
        """The node that puts out ``tensor``, if one node alone reads it."""
        return self.nodes.get(tensor) if self.reads[tensor] == 1 else None

    def unbounded(self, tensor: str) -> Linear | None:
        """The linear layer that puts out ``tensor`` for one reader alone, if nothing bounds it."""
        node = self.only(tensor)
        return node if isinstance(node, Linear) and node.linear else None

    def replaced(self, node: FloatNode, output: str, **changes: object) -> None:
        """Changes a node that was read before, and has it put out ``output`` instead."""
        del self.nodes[node.output]
        self.add(replace(node, output=output, **changes))  # type: ignore[arg-type]

    def bounded(self, node: onnx.NodeProto, lo: float, hi: float) -> bool:
        """Clips the output of the node before, if there is one that saturation can clip for."""
        behind = self.data(node)
        source = self.only(behind)
        while isinstance(source, MaxPool | Movement) and _commutes(source, lo, hi):
            source = self.only(source.inputs[0])
        if source is None or not source.saturates:
            return False
        lo, hi = (min(max(bound, lo), hi) for bound in (source.lo, source.hi))
        if lo >= hi:
            raise refused(node, "what it puts out is constant", "correct its bounds")
        if source.output == behind:
            self.replaced(source, node.output[0], lo=lo, hi=hi)
        else:
            self.add(replace(source, lo=lo, hi=hi))
            self.replaced(self.nodes[behind], node.output[0])
        return True


def _commutes(node: MaxPool | Movement, lo: float, hi: float) -> bool:
    """Whether clipping before ``node`` is clipping behind it."""
    pads = isinstance(node, Movement) and node.pads
    return len(node.inputs) == 1 and (not pads or lo <= 0 <= hi)


Reader = Callable[[FloatReading, onnx.NodeProto], None]


def refused(node: onnx.NodeProto, why: str, remedy: str) -> InputError:
    """The error for a node that can't be read."""
    return InputError(f"{describe(node)} can't be quantized", why=why, remedy=remedy)


def node_name(node: onnx.NodeProto) -> str:
    """Its own, or that of its first output."""
    return node.name or node.output[0]


def aliases(nodes: Iterable[onnx.NodeProto], trace: FloatTrace) -> dict[str, str]:
    """Tensors that are the same as another, by name."""
    return {
        node.output[0]: node.input[0]
        for node in nodes
        if node.output[0] in trace.shapes and _changes_nothing(node, trace)
    }


def _changes_nothing(node: onnx.NodeProto, trace: FloatTrace) -> bool:
    if node.op_type in RESHAPES:
        return trace.shapes[node.input[0]] == trace.shapes[node.output[0]]
    if node.op_type == "Cast":
        return bool(attribute(node, "to") == onnx.TensorProto.FLOAT)
    return node.op_type in SAME


def live(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes that the model's output depends on, in order."""
    wanted = {output.name for output in graph.output}
    found = []
    for node in reversed(graph.node):
        if not wanted.isdisjoint(node.output):
            found.append(node)
            wanted.update(name for name in node.input if name)
    return found[::-1]


def reads(
    graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto], same: Mapping[str, str]
) -> Counter[str]:
    """How often each tensor is read, by whatever name; the model's output counts."""
    found: Counter[str] = Counter()
    names = [output.name for output in graph.output]
    for node in nodes:
        if node.output[0] not in same:
            names.extend(dict.fromkeys(name for name in node.input if name))
    for tensor in names:
        name = tensor
        while name in same:
            name = same[name]
        found[name] += 1
    return found


def flag(node: onnx.NodeProto, name: str, default: int) -> int:
    """An integer attribute."""
    return int(attribute(node, name, default))


def scalar(value: Array | None, default: float) -> float:
    """A constant of one element."""
    return default if value is None else float(np.asarray(value).reshape(-1)[0])


def infinite(bound: float) -> float:
    """What older exporters write for "no bound" as infinity."""
    wide = float(np.finfo(np.float32).max)
    return math.copysign(math.inf, bound) if abs(bound) >= wide else bound
