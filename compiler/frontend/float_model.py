"""Reads a float ONNX multi-layer perceptron: follows the data from the input to the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.quantize import FloatLayer

from . import onnx_file
from .constants import constants
from .float_ops import READERS, Chain, refused
from .onnx_file import describe

SUPPORTED = ", ".join(READERS)
QUANTIZED = ("Quantize", "Dequantize", "DynamicQuantize", "QLinear", "QGemm", "QAttention")
AFTER_THE_END = ("ArgMax", "Dropout", "Identity", "LogSoftmax", "Softmax")
ANY_BATCH = 1_000_003  # stands for a symbolic batch; a prime, so that no reshape divides it by luck


@dataclass(frozen=True)
class FloatModel:
    """A chain of dense layers, as the float model has them.

    ``batch``: 1 or a symbol's name. ``shape``: of one sample. ``reshaped``: the node that flattens
    the data, None where nothing does. ``puts_out_classes``: whether the model's own output is
    class numbers rather than a row of scores.
    """

    proto: onnx.ModelProto
    input_name: str
    batch: int | str
    shape: tuple[int, ...]
    reshaped: str | None
    layers: tuple[FloatLayer, ...]
    puts_out_classes: bool
    warnings: tuple[str, ...]

    @property
    def classes(self) -> int:
        """How many logits there are."""
        return int(self.layers[-1].bias.size)


def read_float_model(path: Path) -> FloatModel:
    """The layers of the float model in ``path``; InputError where zkpot can't quantize it."""
    proto = onnx_file.load(path)
    _refuse_quantized(proto)
    data = _single_input(proto)
    batch, shape = _input_shape(data)
    chain = Chain(
        (batch if isinstance(batch, int) else ANY_BATCH, *shape),
        constants(proto.graph),
        onnx_file.opset(proto),
    )
    chain = _follow(proto.graph, data.name, chain)
    if not chain.layers or chain.layers[-1].bias.size < 2:
        raise InputError(
            f"{str(path)!r} is not a classifier",
            why="it needs a Gemm or MatMul that puts out two or more logits",
            remedy="give every class an output of its own",
        )
    layers, warnings = _named(chain.layers), list(chain.warnings)
    if not layers[-1].linear:
        warnings.append(
            f"the bounds (Relu, Clip) on {layers[-1].output_name!r} are left out: "
            "after the last layer they only make ties"
        )
    classes = chain.ended == "ArgMax"
    return FloatModel(
        proto, data.name, batch, shape, chain.reshaped, layers, classes, tuple(warnings)
    )


def _refuse_quantized(proto: onnx.ModelProto) -> None:
    for node in proto.graph.node:
        if node.op_type.startswith(QUANTIZED) or node.op_type.endswith("Integer"):
            raise InputError(
                "the model is quantized already",
                why=f"it contains {describe(node)}",
                remedy="pass it to `zkpot compile` as it is, or quantize the float model",
            )


def _single_input(proto: onnx.ModelProto) -> onnx.ValueInfoProto:
    initialized = {tensor.name for tensor in proto.graph.initializer}
    inputs = [value for value in proto.graph.input if value.name not in initialized]
    if len(inputs) != 1 or len(proto.graph.output) != 1:
        raise InputError(
            f"the model has {len(inputs)} inputs and {len(proto.graph.output)} outputs",
            why="zkpot quantize takes one of each: the data, and a score per class",
            remedy="export the model with its data input and its logits only",
        )
    data: onnx.ValueInfoProto = inputs[0]
    return data


def _input_shape(data: onnx.ValueInfoProto) -> tuple[int | str, tuple[int, ...]]:
    tensor = data.type.tensor_type
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        raise InputError(
            f"the model's input {data.name!r} is not float32",
            remedy="export the model with a float32 input",
        )
    dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    sample = tuple(d for d in dims[1:] if d)
    if len(dims) < 2 or len(sample) != len(dims) - 1 or dims[0] not in (None, 1):
        raise InputError(
            f"the model's input {data.name!r} has shape {dims}",
            why="the batch has to come first, fixed at 1 or symbolic, and the rest to be fixed",
            remedy="export the model with a symbolic batch dimension and samples of fixed shape",
        )
    return dims[0] or tensor.shape.dim[0].dim_param or "N", sample


def _follow(graph: onnx.GraphProto, name: str, chain: Chain) -> Chain:
    """Reads node after node from tensor ``name`` to the graph's output."""
    while name != graph.output[0].name:
        consumers = [node for node in graph.node if name in node.input]
        if len(consumers) != 1:
            raise InputError(
                f"tensor {name!r} is read by {len(consumers)} nodes",
                why="zkpot quantize takes chains of layers, without branches",
                remedy="remove the branch, or quantize with onnxruntime.quantization instead",
            )
        chain = _read(chain, consumers[0])
        name = consumers[0].output[0]
    return chain


def _read(chain: Chain, node: onnx.NodeProto) -> Chain:
    known = node.op_type in READERS and node.domain in ("", "ai.onnx")
    if not known:
        raise refused(node, f"it is not one of {SUPPORTED}", "replace or remove it")
    if chain.ended and node.op_type not in AFTER_THE_END:
        raise refused(node, f"it comes after {chain.ended}", f"put {chain.ended} at the very end")
    return READERS[node.op_type](chain, node)


def _named(layers: Sequence[FloatLayer]) -> tuple[FloatLayer, ...]:
    """The layers with names that no other layer has, shared weights included."""
    taken: set[str] = set()
    result = []
    for layer in layers:
        name = _fresh(layer.name, taken)
        weight_name = _fresh(layer.weight_name, taken)
        bias_name = _fresh(layer.bias_name, taken)
        result.append(replace(layer, name=name, weight_name=weight_name, bias_name=bias_name))
    return tuple(result)


def _fresh(name: str, taken: set[str]) -> str:
    fresh, count = name, 1
    while fresh in taken:
        count += 1
        fresh = f"{name}_{count}"
    taken.add(fresh)
    return fresh
