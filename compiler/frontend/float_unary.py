"""Functions of each element: whatever onnxruntime computes, as a table of 256 entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto
from zkpot.compiler.float_graph import FloatNode
from zkpot.compiler.float_nodes import Unary
from zkpot.compiler.quantize import Grid, Values

from . import snippet
from .float_affine import Affine
from .float_reading import FloatReading, node_name, refused
from .onnx_file import Array, describe
from .qdq_grid import constants, dequantize, quantize
from .snippet import Snippet

# fmt: off
FUNCTIONS = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cos", "Cosh",
    "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Log",
    "Mish", "Neg", "PRelu", "Reciprocal", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin",
    "Sinh", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu",
)
# fmt: on
PAIRS = ("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub")


@dataclass(frozen=True, eq=False, kw_only=True)
class OnnxUnary(Unary):
    """``snippet``: nodes from the input to the output, with constants of one element."""

    snippet: Snippet
    _tables: dict[tuple[Grid, Grid], Values] = field(default_factory=dict, repr=False)

    def compute(self, inputs: Sequence[Values]) -> Values:
        """By onnxruntime, in float32."""
        (x,) = inputs
        values = self.snippet.run([x.reshape(-1).astype(np.float32)])
        return values.reshape(x.shape).astype(x.dtype)

    def table(self, source: Grid, output: Grid) -> Values:
        """By onnxruntime, as it runs DequantizeLinear, these nodes and QuantizeLinear."""
        if (source, output) not in self._tables:
            self._tables[source, output] = self._looked_up(source, output)
        return self._tables[source, output]

    def _looked_up(self, source: Grid, output: Grid) -> Values:
        real, piece = self.snippet.inputs[0], self.snippet
        before = dequantize("raw", real, "table")
        behind = quantize(piece.output, "table_out", "table_in")
        scales = {**constants("table", source), **constants("table_in", output)}
        model = piece.model([1], [before], [behind], scales, TensorProto.UINT8)
        bytes_out = snippet.run(model, {"raw": np.arange(256, dtype=np.uint8)}).reshape(-1)
        centred = bytes_out.astype(np.float64) - output.zero_point
        return np.ldexp(centred, -output.exponent)


def unary(reading: FloatReading, node: onnx.NodeProto) -> None:
    """A node with one input that depends on the data, and constants of one element."""
    made = from_constants(reading, node)
    if made is None:
        raise refused(node, "its constants have more than one element", "give it one for all")
    reading.add(made)


def from_constants(reading: FloatReading, node: onnx.NodeProto) -> OnnxUnary | None:
    """The same; None where a constant has more than one element."""
    held: dict[str, Array] = {}
    tensors = [name for name in node.input if name and name not in reading.trace.constants]
    for position, name in enumerate(node.input):
        if name and name in reading.trace.constants:
            value = reading.required(node, position)
            if value.size != 1:
                return None
            # Without axes, or the constants' ranks would add to the data's.
            held[name] = value.reshape(())
    sources = {reading.name(name) for name in tensors}
    pieces = [_piece(reading, name) for name in sources]
    if len({piece.inputs for piece in pieces}) != 1:
        return None
    joined = pieces[0]
    for piece in pieces[1:]:
        joined = joined.joined(piece)
    return _made(reading, node, joined.then(_renamed(reading, node), held))


def same_source(reading: FloatReading, node: onnx.NodeProto) -> bool:
    """Whether both operands are functions of one tensor, element by element."""
    names = [reading.name(name) for name in node.input]
    pieces = [_piece(reading, name) for name in names]
    functions = [name != piece.inputs[0] for name, piece in zip(names, pieces, strict=True)]
    equal = len({piece.inputs for piece in pieces}) == 1
    return equal and (any(functions) or names[0] == names[1])


def _piece(reading: FloatReading, tensor: str) -> Snippet:
    """The functions that ``tensor`` comes out of."""
    node: FloatNode | None = reading.nodes.get(tensor)
    if isinstance(node, Affine):
        node = node.otherwise
    if isinstance(node, OnnxUnary):
        return node.snippet
    return Snippet((), {}, (tensor,), tensor, reading.opset)


def _renamed(reading: FloatReading, node: onnx.NodeProto) -> onnx.NodeProto:
    """``node`` reading the first names of its tensors."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.input[:] = [reading.name(name) if name else name for name in node.input]
    return copy


def _made(reading: FloatReading, node: onnx.NodeProto, piece: Snippet) -> OnnxUnary:
    source, shape = piece.inputs[0], reading.shape(node.output[0])
    if shape != reading.shape(source):
        raise refused(node, "it changes the samples' shape", "give it constants of one element")
    modern = piece.modern([shape])
    made = OnnxUnary(
        name=node_name(node),
        inputs=(source,),
        output=node.output[0],
        shape=shape,
        snippet=modern,
    )
    probe = made.compute([np.linspace(-1, 1, 7, dtype=np.float32)[None]])
    if probe.dtype.kind != "f" or probe.shape != (1, 7):
        raise refused(node, f"{describe(node)} is no function of floats", "replace it")
    return made
