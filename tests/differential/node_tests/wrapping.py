"""Node test -> quantized model of one input, and data for it.

Float tensors that depend on the data come out of one QuantizeLinear, bytes stand as they are,
everything else is a constant: weights and biases quantized, the rest (bounds, slopes, axes) as it
is. What the node gives is quantized again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .batches import shifted
from .cases import HEADS, Array, Case
from .operators import SAMPLES_FIRST
from .unwrappable import Unwrappable

WEIGHTS = {"Conv": (1, 2), "Gemm": (1, 2), "MatMul": (1,)}
"""Inputs that are weights and biases, by operator."""
SEVERAL = frozenset({"Add", "Concat", "Max", "Min", "Mul", "Sub", "Sum"})
"""Operators all of whose inputs depend on the data."""
SAMPLES = 8
NEWEST, OLDEST = 24, 10
NAMES = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "int8": TensorProto.INT8}


@dataclass(frozen=True)
class Grid:
    """A kind of quantizer."""

    dtype: str
    powers: bool

    def quantizer(self, values: Array) -> tuple[Array, Array]:
        """Scale and zero point that fit ``values``."""
        finite = values[np.isfinite(values)]
        low, high = (float(f(finite, initial=0.0)) for f in (np.min, np.max))
        step = max((high - low) / 255, 2.0**-20)
        scale = np.float32(2.0 ** np.ceil(np.log2(step)) if self.powers else step * 1.01)
        limits = np.iinfo(self.dtype)
        zero = np.clip(limits.min + np.rint(-low / scale), limits.min, limits.max)
        return np.asarray(scale), np.asarray(zero).astype(self.dtype)


@dataclass
class Wrapping:
    """The model under construction."""

    case: Case
    grid: Grid
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def add(self, op: str, inputs: list[str], output: str, **attributes: object) -> str:
        """A node of one output."""
        node = helper.make_node(op, inputs, [output], name=f"{op}_{output}", **attributes)
        self.nodes.append(node)
        return output

    def constant(self, name: str, value: Array) -> str:
        """An initializer."""
        self.constants[name] = np.asarray(value)
        return name

    def quantizer(self, name: str, scale: Array, zero: Array) -> list[str]:
        """The initializers of a quantizer."""
        return [self.constant(f"{name}.scale", scale), self.constant(f"{name}.zero", zero)]

    def both(self, name: str, values: Array, *, floats: bool = True) -> str:
        """``name`` quantized to fit ``values``, and dequantized."""
        scale, zero = self.grid.quantizer(values)
        quantizer = self.quantizer(name, scale, zero)
        tensor = self.add("QuantizeLinear", [name, *quantizer], f"{name}.q")
        return self.add("DequantizeLinear", [tensor, *quantizer], f"{name}.d") if floats else tensor

    def stored(self, name: str, integers: Array, scale: Array, zero: Array) -> str:
        """A dequantized constant."""
        array = self.constant(f"{name}.integers", integers)
        return self.add("DequantizeLinear", [array, *self.quantizer(name, scale, zero)], name)


def wrapped(case: Case, grid: Grid) -> tuple[onnx.ModelProto, Array]:
    """The model and data, samples first; Unwrappable where there is no such model."""
    body = case.model.graph.node
    _require_floats_or_bytes(case)
    first = body[0]
    active = _active(case, first)
    values = [case.inputs[k] for k in active]
    heads = first.op_type in HEADS and values[0].ndim == 2
    batched = not heads and not (
        first.op_type in SAMPLES_FIRST and len(active) == 1 and values[0].ndim > 1
    )
    if batched and first.op_type in SAMPLES_FIRST:
        raise Unwrappable("its first tensor has no batch dimension")
    one = Wrapping(case, grid)
    x, taken = _data(one, active, values, batched)
    for node in body:
        _others(one, node, active, taken)
    ranks = {k: v.ndim for k, v in case.inputs.items()}
    for number, node in enumerate(body):
        named = onnx.NodeProto()
        named.CopyFrom(node)
        named.name = f"{node.op_type}_{number}"
        found = shifted(named, one.constants, ranks) if batched else named
        for at, name in enumerate(found.input):
            found.input[at] = taken.get(name, name)
        one.nodes.append(found)
    return _finished(one, body[-1], x, batched), x


def _require_floats_or_bytes(case: Case) -> None:
    values = (*case.model.graph.input, *case.model.graph.output)
    kinds = {TensorProto.DataType.Name(v.type.tensor_type.elem_type) for v in values}
    if "UNDEFINED" in kinds:
        raise Unwrappable("it is about sequences or optional tensors")
    odd = kinds - {"FLOAT", "UINT8", "INT8", "INT32", "INT64", "BOOL"}
    if odd:
        raise Unwrappable("it has tensors of other types than float32, 8-bit and 32-bit integers")
    if not all(np.isfinite(case.inputs[v.name]).all() for v in case.model.graph.input):
        raise Unwrappable("its data are not finite")


def _active(case: Case, node: onnx.NodeProto) -> list[str]:
    """The inputs that are to depend on the data."""
    if node.op_type in SEVERAL:
        active = [k for k in node.input if k]
    elif node.op_type == "Where":
        raise Unwrappable("its condition is a tensor, no function of one element")
    else:
        active = list(node.input[:1])
    if not active or any(k not in case.inputs for k in active):
        raise Unwrappable("it has no input that could be data")
    kinds = {str(case.inputs[k].dtype) for k in active}
    if not kinds <= {"float32"} and not (kinds <= {"uint8", "int8"} and len(active) == 1):
        raise Unwrappable(f"it computes on {', '.join(sorted(kinds))}, not on dequantized tensors")
    if any(case.inputs[k].size == 0 for k in active):
        raise Unwrappable("its tensor is empty")
    return active


def _data(
    one: Wrapping, active: list[str], values: list[Array], batched: bool
) -> tuple[Array, dict[str, str]]:
    """Data, the test's first, and the tensors that stand for the ``active`` inputs."""
    first = values[0]
    random = np.random.default_rng(len(one.case.name))
    if len(active) == 1:
        shape = (1, *first.shape) if batched else first.shape
        pool = first.reshape(shape)
        if batched or shape[0] == 1:
            more = [random.permutation(pool.ravel()).reshape(shape) for _ in range(SAMPLES)]
            pool = np.concatenate([pool, *more])
        pool, source = _read(one, pool)
        return pool, {active[0]: source}
    flat = np.concatenate([v.ravel() for v in values])[None]
    pool = np.concatenate([flat, *(random.permutation(flat, axis=1) for _ in range(SAMPLES))])
    pool, source = _read(one, pool)
    rank, start = max(v.ndim for v in values), 0
    taken = {}
    for number, (name, value) in enumerate(zip(active, values, strict=True)):
        bounds = (start, start + value.size, 1)
        start += value.size
        marks = [one.constant(f"cut{number}.{v}", np.array([b])) for v, b in enumerate(bounds)]
        part = one.add("Slice", [source, *marks], f"part{number}")
        wide = rank if one.case.model.graph.node[0].op_type != "Concat" else value.ndim
        target = [1, *[1] * (wide - value.ndim), *value.shape]
        shape_name = one.constant(f"shape{number}", np.array(target))
        taken[name] = one.add("Reshape", [part, shape_name], f"operand{number}")
    return pool, taken


def _read(one: Wrapping, pool: Array) -> tuple[Array, str]:
    """Data, and the tensor that the model's input is read as: bytes stand as they are where an
    operator is given their scale, and else come out of a QuantizeLinear."""
    op = one.case.model.graph.node[0].op_type
    if op == "QuantizeLinear" or (pool.dtype != np.float32 and op != "MaxPool"):
        return pool, "x"
    if pool.dtype == np.float32:
        return pool, one.both("x", pool)
    steps = one.quantizer("x", np.asarray(np.float32(1)), np.zeros((), pool.dtype))
    return pool.astype(np.float32), one.add("QuantizeLinear", ["x", *steps], "x.q")


def _others(one: Wrapping, node: onnx.NodeProto, active: list[str], taken: dict[str, str]) -> None:
    """All other inputs, as constants."""
    weights = WEIGHTS.get(node.op_type, ())
    for at, name in enumerate(node.input):
        if name in active or name not in one.case.inputs:
            continue
        value = one.case.inputs[name]
        if at == 1 and at in weights:
            step = np.float32(2.0 ** np.ceil(np.log2(max(np.abs(value).max(), 2.0**-9) / 63)))
            integers = np.rint(value / step).astype(np.int8)
            taken[name] = one.stored(f"{name}.w", integers, np.asarray(step), np.int8(0))
        elif at in weights:
            step = np.asarray(one.constants["x.scale"] * one.constants[f"{node.input[1]}.w.scale"])
            integers = np.rint(value / step).astype(np.int32)
            taken[name] = one.stored(f"{name}.b", integers, step, np.int32(0))
        else:
            one.constant(name, value)


def _finished(one: Wrapping, last: onnx.NodeProto, x: Array, batched: bool) -> onnx.ModelProto:
    """The last node's first output, made floats again and quantized."""
    name, value = last.output[0], one.case.outputs[0]
    kind = value.dtype
    if kind == np.bool_ or kind == np.int32:
        name = one.add("Cast", [name], "as_floats", to=TensorProto.FLOAT)
        value = value.astype(np.float32)
    if kind == np.int32:
        scale = one.constant("product.scale", np.float32(2.0**-6))
        name, value = one.add("Mul", [name, scale], "scaled"), value * np.float32(2.0**-6)
    if last.op_type not in (*HEADS, "DequantizeLinear") and value.dtype == np.float32:
        name, kind = one.both(name, value), np.dtype(np.float32)
    if last.op_type in HEADS or kind == np.bool_ or kind == np.int32:
        kind = value.dtype
    dims = [None] * (value.ndim + batched)
    output = helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(kind), dims)
    graph = helper.make_graph(
        one.nodes,
        one.case.name,
        [helper.make_tensor_value_info("x", NAMES[str(x.dtype)], _shape(x, one))],
        [output],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in one.constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset(one.case))])
    model.ir_version = min(one.case.model.ir_version, 11)
    return model


def opset(case: Case) -> int:
    """The case's, or the newest of which onnxruntime knows DequantizeLinear."""
    return max(min(case.opset, NEWEST), OLDEST)


def _shape(x: Array, one: Wrapping) -> list[int | str]:
    op, first = one.case.model.graph.node[0].op_type, next(iter(one.case.inputs.values()))
    named = op in SAMPLES_FIRST | HEADS and not (op == "Resize" and first.shape[0] == 1)
    return ["N" if named else 1, *x.shape[1:]]
