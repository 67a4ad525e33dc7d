"""Constant factors and shifts (BatchNormalization, Mul, Add, ...): folded into linear layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.float_graph import FloatGraph, FloatNode
from zkpot.compiler.float_nodes import Linear, Movement
from zkpot.compiler.ops.geometry import Geometry
from zkpot.compiler.quantize import FloatArray, Values

from .float_reading import FloatReading, node_name, refused
from .onnx_file import attribute


@dataclass(frozen=True, eq=False, kw_only=True)
class Affine(FloatNode):
    """factor·x + shift, both float64 of the sample's shape, still to be folded into a layer.

    ``otherwise``: what stands for it where no layer can take it up; None: nothing can.
    """

    factor: FloatArray
    shift: FloatArray
    otherwise: FloatNode | None
    onnx_node: onnx.NodeProto

    @property
    def saturates(self) -> bool:
        """Only as a layer of its own."""
        return isinstance(self.otherwise, Linear)

    def compute(self, inputs: Sequence[Values]) -> Values:
        """The function."""
        values: Values = inputs[0] * self.factor.reshape(-1) + self.shift.reshape(-1)
        return values


def affine(
    reading: FloatReading,
    node: onnx.NodeProto,
    factor: FloatArray,
    shift: FloatArray,
    otherwise: FloatNode | None = None,
) -> None:
    """Reads ``node`` as factor·x + shift; both broadcast to the sample's shape."""
    source, shape = reading.data(node), reading.shape(node.output[0])
    if shape != reading.shape(source):
        raise refused(node, "its constant enlarges the samples", "give constants their shape")
    factor, shift = np.broadcast_to(factor, shape), np.broadcast_to(shift, shape)
    layer = reading.unbounded(source)
    if layer is not None and _per_channel(layer, factor) and _per_channel(layer, shift):
        factors, shifts = _channels(layer, factor), _channels(layer, shift)
        weight, bias = layer.weight * factors, layer.bias * factors + shifts
        names = _bias_name(node, layer, factors)
        reading.replaced(layer, node.output[0], weight=weight, bias=bias, bias_name=names)
        return
    name, output = node_name(node), node.output[0]
    alone = otherwise or _depthwise(name, source, output, shape, factor, shift)
    reading.add(
        Affine(
            name=name,
            inputs=(source,),
            output=output,
            shape=shape,
            factor=factor,
            shift=shift,
            otherwise=alone,
            onnx_node=node,
        )
    )


def batch_norm(reading: FloatReading, node: onnx.NodeProto) -> None:
    """BatchNormalization for inference: one factor and shift a channel."""
    if attribute(node, "training_mode", 0):
        raise refused(node, "it is in training mode", "export the model for inference")
    scale, bias, mean, variance = (
        reading.required(node, i).astype(np.float64) for i in (1, 2, 3, 4)
    )
    factor = scale / np.sqrt(variance + float(attribute(node, "epsilon", 1e-5)))
    rank = len(reading.shape(node.output[0]))
    along = (-1, *(1,) * (rank - 1))
    affine(reading, node, factor.reshape(along), (bias - mean * factor).reshape(along))


def sample_constant(reading: FloatReading, node: onnx.NodeProto, position: int) -> FloatArray:
    """A constant operand as float64 that broadcasts against one sample."""
    value = reading.required(node, position).astype(np.float64)
    rank = len(reading.shape(reading.data(node, 1 - position)))
    if value.ndim <= rank:
        return value
    if value.shape[0] != 1 or value.ndim > rank + 1:
        raise refused(node, f"its constant has shape {list(value.shape)}", "drop the batch axis")
    return np.asarray(value[0])


def _bias_name(node: onnx.NodeProto, layer: Linear, factors: FloatArray) -> str:
    """An Add behind a layer without a bias lends it its constant's name."""
    own = layer.bias.any() or node.op_type != "Add" or (factors != 1).any()
    constants = [name for name in node.input if name and name != layer.output]
    return layer.bias_name if own or len(constants) != 1 else constants[0]


def _by_channel(layer: Linear, values: FloatArray) -> FloatArray:
    """[channels, positions] for a convolution, [rows, channels] transposed for a dense layer."""
    if layer.window is None:
        return values.reshape(-1, layer.channels).T
    return values.reshape(layer.channels, -1)


def _per_channel(layer: Linear, values: FloatArray) -> bool:
    each = _by_channel(layer, values)
    return bool((each == each[:, :1]).all())


def _channels(layer: Linear, values: FloatArray) -> FloatArray:
    return np.array(_by_channel(layer, values)[:, 0])


def _depthwise(
    name: str,
    source: str,
    output: str,
    shape: tuple[int, ...],
    factor: FloatArray,
    shift: FloatArray,
) -> Linear | None:
    """A convolution with one weight a channel; None where the samples are no images."""
    if len(shape) not in (2, 3):
        return None
    channels, one = shape[0], (1, 1)
    image = (channels, shape[1] if len(shape) == 3 else 1, shape[-1])
    layer = Linear(
        name=name,
        inputs=(source,),
        output=output,
        shape=shape,
        weight=np.ones((1, channels)),
        bias=np.zeros(channels),
        weight_name=f"{name}_weight",
        bias_name=f"{name}_bias",
        window=Geometry(image, one, one, one, (0, 0), image[1:]),
        groups=channels,
    )
    if not (_per_channel(layer, factor) and _per_channel(layer, shift)):
        return None
    return replace(layer, weight=_channels(layer, factor)[None], bias=_channels(layer, shift))


def fold_affines(graph: FloatGraph) -> FloatGraph:
    """The graph without `Affine`: each in the linear layers behind it, or as a node of its own.

    InputError naming one that is neither.
    """
    affines = [node for node in graph.nodes if isinstance(node, Affine)]
    return reduce(_folded, reversed(affines), graph)


def _folded(graph: FloatGraph, node: Affine) -> FloatGraph:
    layers = _behind(graph, node.output, node.factor.reshape(-1), node.shift.reshape(-1))
    if layers is None or node.output == graph.output or not node.linear:
        if node.otherwise is None:
            raise _no_layer(node)
        alone = node.otherwise
        if isinstance(alone, Linear):
            alone = replace(alone, inputs=node.inputs, output=node.output)
        return graph.with_nodes([replace(alone, lo=node.lo, hi=node.hi)])
    kept = replace(graph, nodes=tuple(n for n in graph.nodes if n is not node))
    changed = {layer.output: layer for layer in layers}
    nodes = [changed.get(n.output, n) for n in kept.nodes]
    return replace(kept, nodes=tuple(_reading(n, node.output, node.inputs[0]) for n in nodes))


def _no_layer(node: Affine) -> InputError:
    return refused(
        node.onnx_node,
        "its constants can't be folded into a layer before or behind it",
        "put it right behind a Gemm, MatMul or Conv, or normalize the data instead",
    )


def _reading(node: FloatNode, old: str, new: str) -> FloatNode:
    if old not in node.inputs:
        return node
    return replace(node, inputs=tuple(new if name == old else name for name in node.inputs))


def _behind(
    graph: FloatGraph, tensor: str, factor: FloatArray, shift: FloatArray
) -> list[Linear] | None:
    """The layers that read ``tensor``, moved at most, with factor and shift taken up."""
    found: list[Linear] = []
    for reader in graph.readers.get(tensor, ()):
        if isinstance(reader, Movement) and len(reader.inputs) == 1 and not reader.pads:
            moved = _behind(graph, reader.output, factor[reader.index], shift[reader.index])
            if moved is None or reader.output == graph.output:
                return None
            found.extend(moved)
        elif isinstance(reader, Linear) and (layer := _absorbed(reader, factor, shift)):
            found.append(layer)
        else:
            return None
    return found


def _absorbed(layer: Linear, factor: FloatArray, shift: FloatArray) -> Linear | None:
    """``layer`` of factor·x + shift as a layer of x."""
    depth = len(layer.weight)
    if layer.window is None:
        each, shifts = factor.reshape(-1, depth), shift.reshape(-1, depth)
    else:
        channels = layer.window.image[0]
        each, shifts = factor.reshape(channels, -1).T, shift.reshape(channels, -1).T
        if shift.any() and (layer.window.taps < 0).any():
            return None  # a padded zero stands for another value of x
    if (each != each[0]).any() or (shifts != shifts[0]).any():
        return None
    factors, offsets = (_taps(layer, values[0]) for values in (each, shifts))
    bias = layer.bias + (offsets * layer.weight).sum(axis=0)
    return replace(layer, weight=layer.weight * factors, bias=bias)


def _taps(layer: Linear, values: FloatArray) -> FloatArray:
    """One value an input channel, as [K, M] to go with the weights."""
    if layer.window is None:
        return values[:, None]
    taps = layer.window.taps_per_channel
    grouped = values.reshape(layer.groups, -1).repeat(taps, axis=1)
    return grouped.T.repeat(layer.channels // layer.groups, axis=1)
