"""The state of one import: tensors known so far, the graph built so far, and how to complain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import onnx

from .. import ops
from ..errors import InputError
from ..ir import Attribute, Graph, Interval, Node, Quantization, TensorType, Value
from ..ops.base import IntArray
from .onnx_file import Array, describe
from .tensors import Floats, Integer, RawInput, RealConstant, Tensor, Use

Readers: TypeAlias = "Mapping[str, Sequence[onnx.NodeProto | None]]"
"""Who reads each tensor of the model, once a use; None is the model's output."""

MOST_MOVED = 1 << 18
"""Elements of one sample: a Tile or Expand of a few bytes can ask for any number."""


class Reading:
    """Collects nodes and parameters while ONNX nodes are read in order.

    ``batches``: the numbers of samples for which shape arithmetic is done; more than one if the
    batch dimension is symbolic. ``varying``: tensors that follow from shapes alone and are not the
    same for all of them, one array for each. ``tabulated``: nodes whose constants, learned or not,
    become part of a table, by name.
    """

    def __init__(
        self,
        constants: Mapping[str, Array],
        batch: int | None,
        readers: Readers,
        opsets: Sequence[onnx.OperatorSetIdProto] = (),
    ) -> None:
        self.constants = dict(constants)
        self.batch = batch
        self.readers = readers
        self.opsets = opsets
        self.batches = (1,) if batch == 1 else (2, 3)
        self.varying: dict[str, tuple[Array, ...]] = {}
        self.producers: dict[str, onnx.NodeProto] = {}
        self.tensors: dict[str, Tensor] = {}
        self.parameters: dict[str, Value] = {}
        self.values: dict[str, IntArray] = {}
        self.uses: dict[str, Use] = {}
        self.nodes: list[Node] = []
        self.tabulated: dict[str, None] = {}
        self.types: dict[str, TensorType] = {}
        self.data: Value | None = None
        self.quantization: Quantization | None = None

    def tensor(self, node: onnx.NodeProto, position: int) -> Tensor:
        """Input ``position`` of ``node``, which must not be a bare constant."""
        name = node.input[position]
        if name in self.tensors:
            return self.tensors[name]
        if name in self.constants:
            raise refusal(
                node,
                f"its input {name!r} is a constant that is not quantized",
                "quantize it (weights and biases as integers with a scale)",
            )
        if name in self.varying:
            raise refusal(
                node,
                f"its input {name!r} follows from the number of samples",
                "compute on samples, and use shapes in Reshape, Slice, Expand and the like only",
            )
        raise refusal(node, f"its input {name!r} is unknown", "export the model again")

    def constant(self, node: onnx.NodeProto, position: int, what: str) -> Array:
        """Input ``position`` as an array; ``what`` it is, for the error message."""
        name = node.input[position] if position < len(node.input) else ""
        if name not in self.constants:
            raise refusal(
                node, f"its {what} ({name!r}) is not a constant", "make it an initializer"
            )
        return self.constants[name]

    def floats(self, node: onnx.NodeProto, position: int, what: str) -> Floats:
        """A scale: positive, finite float32, a scalar or a vector."""
        raw = self.constant(node, position, what)
        if raw.dtype != np.float32:
            raise refusal(node, f"its {what} is {raw.dtype}", "use float32 scales")
        if not (np.isfinite(raw).all() and (raw > 0).all()):
            raise refusal(
                node, f"its {what} is not positive and finite", "quantize the model again"
            )
        return np.asarray(np.squeeze(raw), np.float32)

    def known(self, name: str) -> tuple[Array, ...] | None:
        """A tensor that doesn't depend on the data, once for each of `batches`."""
        if name in self.constants:
            return (self.constants[name],) * len(self.batches)
        return self.varying.get(name)

    def paired(self, tensor: str) -> bool:
        """Whether one DequantizeLinear, itself read once, is all that reads ``tensor``."""
        first, *others = self.readers.get(tensor, (None,))
        if others or first is None or first.op_type != "DequantizeLinear":
            return False
        return len(self.readers.get(first.output[0], ())) == 1

    def clipped(self, tensor: str) -> bool:
        """Whether a Relu or Clip reads ``tensor``: onnxruntime drops it where a QuantizeLinear
        behind it saturates as early, but not in time to move that in front of ``tensor``'s node."""
        readers = self.readers.get(tensor, ())
        return any(r is not None and r.op_type in ("Clip", "Relu") for r in readers)

    def set_data(self, node: onnx.NodeProto, data: Value, quantization: Quantization) -> None:
        """Records how the model's input becomes integers: once."""
        if self.data is not None:
            raise refusal(node, "the model's input is quantized twice", "quantize it once")
        self.data, self.quantization = data, quantization
        self.types[data.name] = data.type

    def parameter(self, constant: RealConstant, places: IntArray) -> str:
        """Declares the elements ``places`` (rank 2) of ``constant`` as a private parameter.

        A constant that is used twice is one parameter; where it is read in two ways, two. Which it
        is follows from how it is read alone: the graph is public, and says nothing of the values.
        """
        use = Use(constant, places)
        name = constant.name
        while name in self.types and not (name in self.uses and self.uses[name].same(use)):
            name += "'"
        self.parameters[name] = Value(name, use.type)
        self.types[name], self.values[name], self.uses[name] = use.type, use.values, use
        return name

    def emit(
        self, op: str, name: str, inputs: tuple[str, ...], output: str, /, **attrs: Attribute
    ) -> str:
        """Appends a node, its output's type inferred, and gives the output's name."""
        while output in self.types:
            output += "'"
        draft = Node(op, name, inputs, Value(output, TensorType((), Interval(0, 0))), attrs)
        inferred = ops.REGISTRY[op].infer(draft, [self.types[i] for i in inputs])
        self.types[output] = inferred
        self.nodes.append(Node(op, name, inputs, Value(output, inferred), attrs))
        return output

    def select(self, name: str, sources: Sequence[str], index: Sequence[int], output: str) -> str:
        """Elements of the concatenated ``sources``, -1 for the constant 0; a source as it stands
        where that is what ``index`` says."""
        require_movable(f"node {name!r}", len(index))
        kept, places = _without_unread(self, sources, index)
        if len(kept) == 1 and places == tuple(range(self.types[kept[0]].size)):
            return kept[0]
        return self.emit("select", name, kept, output, index=places)

    def graph(self, output: str) -> Graph:
        """What was read, with ``output`` as its result; InputError if nothing was quantized."""
        data, quantization = self.data, self.quantization
        if data is None or quantization is None:
            raise InputError(
                "the model never quantizes its input",
                why="it is a float model",
                remedy="quantize it first: zkpot quantize MODEL.onnx --calibration DATA.npz",
            )
        parameters = tuple(self.parameters.values())
        return Graph(data, quantization, parameters, tuple(self.nodes), output)


def require_movable(node: str, elements: int) -> None:
    """Raises InputError for a ``node`` that puts out too many elements a sample."""
    if elements > MOST_MOVED:
        raise InputError(
            f"{node} puts out {elements} elements a sample",
            why=f"at most {MOST_MOVED} can be moved",
            remedy="use smaller samples, or repeat fewer of their elements",
        )


def _without_unread(
    reading: Reading, sources: Sequence[str], index: Sequence[int]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The sources that ``index`` reads, each once, and the index into these."""
    sizes = [reading.types[name].size for name in sources]
    starts = np.cumsum([0, *sizes])
    places = np.asarray(index, np.int64)
    owners = np.searchsorted(starts, places, side="right") - 1
    read = [name for k, name in enumerate(sources) if (owners == k).any()]
    kept = tuple(dict.fromkeys(read)) or (sources[0],)
    begin, total = dict[str, int](), 0
    for name in kept:
        begin[name], total = total, total + reading.types[name].size
    shift = np.array([begin.get(name, 0) - starts[k] for k, name in enumerate(sources)])
    moved = np.where(places < 0, places, places + shift[owners])
    return kept, tuple(moved.tolist())


def refusal(node: onnx.NodeProto, why: str, remedy: str) -> InputError:
    """An error that names ``node``."""
    return InputError(f"{describe(node)} can't be compiled", why=why, remedy=remedy)


def node_name(node: onnx.NodeProto) -> str:
    """The node's name, or its first output's where it has none."""
    return node.name or node.output[0]


def scale_attribute(scale: Floats) -> Attribute:
    """A float32 scale (scalar or vector) as an exact JSON-able attribute."""
    return tuple(float(s) for s in np.atleast_1d(scale))


def zero_point(reading: Reading, node: onnx.NodeProto, position: int) -> tuple[IntArray, str]:
    """A zero point (scalar or vector) and its dtype; uint8 zero where there is none."""
    if position >= len(node.input) or not node.input[position]:
        return np.zeros((), np.int64), "uint8"
    raw = reading.constant(node, position, "zero point")
    return np.squeeze(raw).astype(np.int64), str(raw.dtype)


def activation(reading: Reading, node: onnx.NodeProto, position: int, zero: int) -> Integer:
    """Input ``position`` as an 8-bit activation whose zero point is ``zero``."""
    tensor = reading.tensor(node, position)
    if isinstance(tensor, RawInput) and tensor.dtype in ("uint8", "int8"):
        tensor = _integer_input(reading, node, position, tensor, zero)
    if not isinstance(tensor, Integer):
        raise refusal(
            node, f"its input {node.input[position]!r} is not quantized", "quantize that tensor"
        )
    if tensor.zero_point != zero:
        raise refusal(
            node,
            f"{node.input[position]!r} was written with zero point {tensor.zero_point} "
            f"and is read with {zero}",
            "use one zero point a tensor",
        )
    return tensor


def _integer_input(
    reading: Reading, node: onnx.NodeProto, position: int, raw: RawInput, zero: int
) -> Integer:
    """The model's input where the model takes 8-bit integers as they are."""
    name = node.input[position]
    value = quantized_data(reading, node, name, raw, Quantization(None, zero, raw.dtype))
    tensor = Integer(raw.shape, value, zero, raw.dtype, raw.dtype)
    reading.tensors[name] = tensor
    return tensor


def quantized_data(
    reading: Reading, node: onnx.NodeProto, name: str, raw: RawInput, quantization: Quantization
) -> str:
    """The data as the graph takes them, over the whole range of their type: flat and centred, then
    moved as the model has moved them."""
    data = Value(name, TensorType((raw.size,), quantization.interval))
    reading.set_data(node, data, quantization)
    if raw.index is None:
        return name
    return reading.select(node_name(node), (name,), raw.index, f"{name}.moved")
