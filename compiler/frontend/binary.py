"""Add, Sub, Mul and their like: of two 8-bit tensors, or of one and constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import onnx

from ..errors import InputError
from . import integer_ops
from .linear import biased, constant_row
from .quantization import EIGHT_BITS, Written, requantized
from .reading import Reading, activation, node_name, refusal, zero_point
from .tensors import (
    Function,
    Integer,
    Operand,
    Real,
    RealConstant,
    RealPair,
    RealProduct,
    RealSum,
    Tensor,
)
from .unary import one_source, pointwise

Pair = TypeVar("Pair", bound=RealPair)


def add(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A sum of two dequantized tensors, or an int32 bias behind a layer that has none; with a
    constant of one element, a table."""
    terms = [reading.tensors.get(name) for name in node.input]
    accumulators = [t for t in terms if isinstance(t, Real) and t.integer is None]
    biases = [t for t in terms if isinstance(t, RealConstant)]
    summed = integer_ops.sums(reading, node)
    if summed is not None:
        return integer_ops.shifted(reading, node, *summed)
    if accumulators and biases:
        return biased(reading, node, accumulators[0], biases[0])
    return _function_or(RealSum, reading, node)


def sub(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A difference of two dequantized tensors; with a constant of one element, a table."""
    found = _function_or(RealSum, reading, node)
    if isinstance(found, Function):
        return found
    # In float32, a - b is a + (-b), and there is no integer kernel.
    return _parameter_second(
        reading, replace(found, b=replace(found.b, scale=-found.b.scale), kernel=None)
    )


def mul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """A product of two dequantized tensors, one of which may be constant; with a constant of one
    element, a table."""
    summed = integer_ops.sums(reading, node)
    if summed is not None:
        return integer_ops.scaled(node, *summed)
    found = _function_or(RealProduct, reading, node)
    return found if isinstance(found, Function) else _parameter_second(reading, found)


def total(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Sum of one or two tensors, as Add."""
    if len(node.input) == 1:
        return reading.tensor(node, 0)
    if len(node.input) > 2:
        raise refusal(
            node,
            f"it adds {len(node.input)} tensors",
            "add two at a time, and quantize between the Adds",
        )
    found = _function_or(RealSum, reading, node)
    return found if isinstance(found, Function) else replace(found, kernel=None)


def only_with_constants(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """Of one dequantized 8-bit tensor and constants of one element: a table."""
    return pointwise(reading, node)


def _function_or(kind: type[Pair], reading: Reading, node: onnx.NodeProto) -> Function | Pair:
    function = _settled_function(reading, node)
    if function is not None:
        return function
    return pair(kind, reading, node, [reading.tensor(node, k) for k in (0, 1)])


def _settled_function(reading: Reading, node: onnx.NodeProto) -> Function | None:
    tensors = [reading.tensors.get(name) for name in node.input]
    accumulated = any(isinstance(t, Real) and t.integer is None for t in tensors)
    return None if accumulated else one_source(reading, node)


def _parameter_second(reading: Reading, found: Pair) -> Pair:
    """``found`` with what doesn't depend on the data as its second operand; both orders give the
    same float32 product, or sum without a kernel."""
    if found.a.value in reading.parameters:
        return replace(found, a=found.b, b=found.a)
    return found


def pair(kind: type[Pair], reading: Reading, node: onnx.NodeProto, terms: Sequence[Tensor]) -> Pair:
    """An operation on two dequantized 8-bit tensors, at least one of which depends on the data;
    each repeated along axes where it has one element."""
    for position, term in enumerate(terms):
        if not isinstance(term, Real | RealConstant):
            raise _unquantized(node, position)
    whole = [(1, *t.shape) for t in terms if isinstance(t, Real)]
    constant = [t.shape for t in terms if isinstance(t, RealConstant)]
    if not whole:
        raise refusal(node, "none of its inputs depends on the data", "fold its constants")
    shape = _common_shape(node, whole, constant)
    sources = [
        _row(reading, node, term, shape)
        if isinstance(term, RealConstant)
        else _activation_term(reading, node, position, term, shape)
        for position, term in enumerate(terms)
    ]
    a, b = (Operand(s.value, scale, s.kernel_zero_point) for s, scale in sources)
    kernels = {source.kernel for source, _ in sources}
    return kind(shape, node_name(node), a, b, kernels.pop() if len(kernels) == 1 else None)


def _common_shape(
    node: onnx.NodeProto, whole: list[tuple[int, ...]], constant: list[tuple[int, ...]]
) -> tuple[int, ...]:
    """One sample's shape after broadcasting; sample axes must meet sample axes."""
    ranks = {len(shape) for shape in whole}
    try:
        batch, *sample = np.broadcast_shapes(*whole, *constant)
    except ValueError:
        batch, sample = 0, []
    if batch != 1 or len(ranks) > 1 or len(sample) + 1 > max(ranks):
        met = " and ".join(str(list(s)) for s in (*whole, *constant))
        raise refusal(
            node, f"shapes {met} meet", "reshape them to one rank, the batch dimension first"
        )
    return tuple(sample)


def _activation_term(
    reading: Reading, node: onnx.NodeProto, position: int, term: Tensor, shape: tuple[int, ...]
) -> tuple[Integer, float]:
    if not isinstance(term, Real) or term.integer is None or term.clipped:
        raise _unquantized(node, position)
    source = term.integer
    places = np.arange(int(np.prod(source.shape))).reshape(source.shape)
    index = np.broadcast_to(places, shape).reshape(-1).tolist()
    name = f"{node_name(node)}.{position}"
    value = reading.select(name, (source.value,), index, f"{node.output[0]}.{position}")
    return replace(source, shape=shape, value=value), float(term.scale)


def _unquantized(node: onnx.NodeProto, position: int) -> InputError:
    name = node.input[position]
    return refusal(node, f"its input {name!r} is no quantized tensor", "quantize that tensor")


def _row(
    reading: Reading, node: onnx.NodeProto, constant: RealConstant, shape: tuple[int, ...]
) -> tuple[Integer, float]:
    eight_bits = constant.dtype in EIGHT_BITS
    if not eight_bits or constant.scale.ndim or constant.zero_point.ndim:
        raise refusal(node, f"{constant.name!r} is not 8-bit per tensor", "quantize it to 8 bits")
    name = constant_row(reading, node, constant, shape)
    zero, dtype = int(constant.zero_point), constant.dtype
    return Integer(shape, name, zero, dtype, dtype), float(constant.scale)


def qlinear_add(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearAdd(a, sa, za, b, sb, zb, sc, zc)."""
    return _qlinear(RealSum, reading, node)


def qlinear_mul(reading: Reading, node: onnx.NodeProto) -> Tensor:
    """com.microsoft.QLinearMul(a, sa, za, b, sb, zb, sc, zc)."""
    return _qlinear(RealProduct, reading, node)


def _qlinear(kind: type[RealPair], reading: Reading, node: onnx.NodeProto) -> Tensor:
    terms = [_term(reading, node, start) for start in (0, 3)]
    zero, dtype = zero_point(reading, node, 7)
    divisor = reading.floats(node, 6, "output scale")
    if divisor.ndim or zero.ndim:
        raise refusal(node, "its output is quantized per channel", "quantize it per tensor")
    found = pair(kind, reading, node, terms)
    if kind is RealProduct:
        found = _parameter_second(reading, found)
    return requantized(reading, node, found, divisor, Written(int(zero), dtype, dtype))


def _term(reading: Reading, node: onnx.NodeProto, at: int) -> Tensor:
    scale, (zero, _) = reading.floats(node, at + 1, "scale"), zero_point(reading, node, at + 2)
    if node.input[at] in reading.constants:
        raw = reading.constants[node.input[at]]
        centred = raw.astype(np.int64) - zero
        return RealConstant(node.input[at], centred, scale, zero, str(raw.dtype))
    if scale.ndim or zero.ndim:
        raise refusal(node, "an activation is quantized per channel", "quantize it per tensor")
    source = activation(reading, node, at, int(zero))
    return Real(source.shape, source.value, scale, source)
