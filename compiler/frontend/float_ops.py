"""How each operator of a float multi-layer perceptron is read: one small function for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.quantize import FloatLayer

from .onnx_file import Array, attribute, describe


@dataclass(frozen=True)
class Chain:
    """What has been read so far.

    ``dims``: the current tensor's shape, batch first. ``reshaped``: the node that first changed
    the data's shape. ``ended``: the operator that ended the model, after which nothing dense comes.
    """

    dims: tuple[int, ...]
    constants: Mapping[str, Array]
    opset: int
    layers: tuple[FloatLayer, ...] = ()
    reshaped: str | None = None
    ended: str | None = None
    warnings: tuple[str, ...] = ()

    def bounded(self, node: onnx.NodeProto, lo: float, hi: float) -> Chain:
        """Clips the last layer's output once more."""
        if not self.layers:
            raise refused(node, "nothing dense comes before it", "put a Gemm or MatMul before it")
        last = self.layers[-1]
        lo, hi = (min(max(bound, lo), hi) for bound in (last.lo, last.hi))
        if lo >= hi:
            raise refused(node, "what it puts out is constant", "correct its bounds")
        return self.with_last(replace(last, lo=lo, hi=hi, output_name=node.output[0]))

    def with_last(self, layer: FloatLayer) -> Chain:
        """This chain with another layer in place of its last."""
        return replace(self, layers=(*self.layers[:-1], layer))


Reader = Callable[[Chain, onnx.NodeProto], Chain]


def refused(node: onnx.NodeProto, why: str, remedy: str) -> InputError:
    """The error for a node that can't be read."""
    return InputError(f"{describe(node)} can't be quantized", why=why, remedy=remedy)


def constant(chain: Chain, node: onnx.NodeProto, position: int) -> Array | None:
    """Input ``position`` of ``node`` as a finite constant; None where it isn't given."""
    if position >= len(node.input) or not node.input[position]:
        return None
    name = node.input[position]
    if name not in chain.constants:
        raise refused(
            node,
            f"its input {name!r} is not a constant",
            "export it as a constant, a shape for example as [-1, 784]",
        )
    value = chain.constants[name]
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise InputError(
            f"{name!r}, an input of {describe(node)}, holds NaN or infinity",
            remedy="train the model again; finite weights are needed",
        )
    return value


def required(chain: Chain, node: onnx.NodeProto, position: int) -> Array:
    """Like `constant`, for an input that has to be there."""
    value = constant(chain, node, position)
    if value is None:
        raise refused(node, f"its input {position} is missing", "export the model again")
    return value


def _dense(chain: Chain, node: onnx.NodeProto, weight: Array, bias: Array | None) -> Chain:
    if node.input[0] in chain.constants:
        raise refused(node, "its first input is a constant", "give the data as the first input")
    if weight.ndim != 2 or len(chain.dims) != 2 or weight.shape[0] != chain.dims[1]:
        raise refused(
            node,
            f"it multiplies samples of shape {chain.dims[1:]} by weights of shape {weight.shape}",
            "flatten the samples before the first dense layer",
        )
    size = weight.shape[1]
    full = np.zeros(size) if bias is None else _row(node, bias, size)
    name = node.name or node.output[0]
    layer = FloatLayer(
        name,
        weight.astype(np.float64),
        full,
        node.input[1],
        node.input[2] if len(node.input) > 2 and node.input[2] else f"{name}_bias",
        node.output[0],
    )
    return replace(chain, layers=(*chain.layers, layer), dims=(chain.dims[0], size))


def _row(node: onnx.NodeProto, bias: Array, size: int) -> Array:
    """A bias as float64 [size]."""
    if bias.size != 1 and (bias.size != size or bias.shape[-1] != size):
        raise refused(
            node, f"its bias has shape {bias.shape} for {size} outputs", "give it one value each"
        )
    return np.array(np.broadcast_to(bias.astype(np.float64).reshape(-1), (size,)))


def _gemm(chain: Chain, node: onnx.NodeProto) -> Chain:
    if attribute(node, "transA", 0):
        raise refused(node, "transA is set", "export it with samples first (transA = 0)")
    weight, bias = required(chain, node, 1).astype(np.float64), constant(chain, node, 2)
    weight = weight.T if attribute(node, "transB", 0) else weight
    if bias is not None:
        bias = bias.astype(np.float64) * float(attribute(node, "beta", 1.0))
    return _dense(chain, node, weight * float(attribute(node, "alpha", 1.0)), bias)


def _matmul(chain: Chain, node: onnx.NodeProto) -> Chain:
    return _dense(chain, node, required(chain, node, 1), None)


def _add(chain: Chain, node: onnx.NodeProto) -> Chain:
    position = 1 if node.input[1] in chain.constants else 0
    last = chain.layers[-1] if chain.layers else None
    if last is None or not last.linear:
        raise refused(
            node, "an Add is read only as the bias of a MatMul or Gemm", "fold it into a layer"
        )
    total = last.bias + _row(node, required(chain, node, position), last.bias.size)
    named = replace(last, bias_name=node.input[position], output_name=node.output[0])
    return chain.with_last(replace(named, bias=total))


def _relu(chain: Chain, node: onnx.NodeProto) -> Chain:
    return chain.bounded(node, 0.0, math.inf)


def _clip(chain: Chain, node: onnx.NodeProto) -> Chain:
    given = (constant(chain, node, 1), constant(chain, node, 2))
    bounds = (attribute(node, "min", -math.inf), attribute(node, "max", math.inf))
    lo, hi = (
        float(default) if value is None else float(value.reshape(-1)[0])
        for value, default in zip(given, bounds, strict=True)
    )
    wide = float(np.finfo(np.float32).max)  # what older exporters write for "no bound"
    return chain.bounded(node, -math.inf if lo <= -wide else lo, math.inf if hi >= wide else hi)


def _reshaped(chain: Chain, node: onnx.NodeProto, shape: tuple[int, ...]) -> Chain:
    """Takes over ``shape`` if it keeps every sample's values together."""
    if shape[:1] != chain.dims[:1] or math.prod(shape) != math.prod(chain.dims):
        raise refused(
            node,
            "it mixes samples, or fixes their number",
            "keep the batch dimension first, for example Flatten(axis=1)",
        )
    if shape == chain.dims:
        return chain
    if chain.layers:
        raise refused(
            node, "it changes the shape after a dense layer", "flatten only before the first layer"
        )
    return replace(chain, dims=shape, reshaped=chain.reshaped or node.name or node.output[0])


def _flatten(chain: Chain, node: onnx.NodeProto) -> Chain:
    axis = int(attribute(node, "axis", 1)) % max(len(chain.dims), 1)
    head, tail = chain.dims[:axis], chain.dims[axis:]
    return _reshaped(chain, node, (math.prod(head), math.prod(tail)))


def _reshape(chain: Chain, node: onnx.NodeProto) -> Chain:
    target = [int(d) for d in required(chain, node, 1)]
    if not attribute(node, "allowzero", 0):
        copied = zip(target, (*chain.dims, *target), strict=False)
        target = [old if new == 0 else new for new, old in copied]
    known = math.prod(d for d in target if d != -1)
    rest = math.prod(chain.dims) // known if known > 0 else 0
    return _reshaped(chain, node, tuple(rest if d == -1 else d for d in target))


def _same(chain: Chain, _node: onnx.NodeProto) -> Chain:
    return chain


def _dropout(chain: Chain, node: onnx.NodeProto) -> Chain:
    training = constant(chain, node, 2)
    if training is not None and bool(training.any()):
        raise refused(node, "it is in training mode", "export the model for inference")
    return chain


def _softmax(chain: Chain, node: onnx.NodeProto) -> Chain:
    axis = int(attribute(node, "axis", 1 if chain.opset < 13 else -1))
    return _at_the_end(chain, node, axis, "it doesn't change which class is greatest")


def _argmax(chain: Chain, node: onnx.NodeProto) -> Chain:
    warning = "the quantized model puts out float logits, and ties go to the lowest class"
    return _at_the_end(chain, node, int(attribute(node, "axis", 0)), warning)


def _at_the_end(chain: Chain, node: onnx.NodeProto, axis: int, effect: str) -> Chain:
    if not chain.layers or axis not in (1, -1):
        raise refused(
            node, "it doesn't run over the classes of dense logits", "use axis=1 at the very end"
        )
    warning = f"{describe(node)} is left out: {effect}"
    return replace(chain, ended=node.op_type, warnings=(*chain.warnings, warning))


READERS: Mapping[str, Reader] = {
    "Add": _add,
    "ArgMax": _argmax,
    "Clip": _clip,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Gemm": _gemm,
    "Identity": _same,
    "LogSoftmax": _softmax,
    "MatMul": _matmul,
    "Relu": _relu,
    "Reshape": _reshape,
    "Softmax": _softmax,
}
