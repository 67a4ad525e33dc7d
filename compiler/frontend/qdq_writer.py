"""Writes an integer model as standard QDQ ONNX: what onnxruntime's own quantizer would write.

Every tensor between two nodes goes through uint8; Relu is folded into a grid of zero point 0, and
moved data keep their grid. The last layer's float output is the model's output, so that the logits
are the integer accumulators times one power of two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.integer_graph import IntegerGraph

from . import onnx_file
from .float_model import FloatModel
from .qdq_nodes import Fragment, fragment, through_uint8

WEIGHT_BITS = "zkpot.weight_bits"
ACCUMULATOR_BITS = "zkpot.accumulator_bits"


def write_qdq(source: FloatModel, model: IntegerGraph, accumulator_bits: Sequence[int]) -> bytes:
    """The serialized ONNX model; the same bytes for the same arguments.

    ``source``: whose names and batch dimension it gets; ``accumulator_bits``: of each linear layer.
    """
    fragments, output = _fragments(model)
    graph = helper.make_graph(
        [node for part in fragments for node in part.nodes],
        source.proto.graph.name or "quantized",
        [_value(model.graph.input, source.batch, model.graph.shape)],
        [_value(output, source.batch, _output_shape(model))],
        [
            numpy_helper.from_array(value, name)
            for part in fragments
            for name, value in part.constants.items()
        ],
    )
    imports = [helper.make_opsetid("", source.opset)]
    proto = helper.make_model(graph, opset_imports=imports, producer_name="zkpot")
    proto.ir_version = helper.find_min_ir_version_for(imports)
    names = [node.name for node in model.linears]
    bits = json.dumps(dict(zip(names, accumulator_bits, strict=True)))
    props = {WEIGHT_BITS: str(model.weight_bits), ACCUMULATOR_BITS: bits}
    helper.set_model_props(proto, props)
    onnx.checker.check_model(proto, full_check=True)
    return onnx_file.serialized(proto)


def _value(name: str, batch: int | str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])


def _output_shape(model: IntegerGraph) -> tuple[int, ...]:
    graph = model.graph
    return graph.producers[graph.output].shape


def _fragments(model: IntegerGraph) -> tuple[list[Fragment], str]:
    """All nodes in order, and the tensor that holds the result."""
    graph = model.graph
    grid = model.quantized(graph.input)
    found = [through_uint8(graph.input, grid)]
    current = {graph.input: found[0].output}
    for node in graph.nodes:
        found.append(fragment(model, node, [current[name] for name in node.inputs]))
        current[node.output] = found[-1].output
        own = model.grid(node.output)
        if own is not None:
            found.append(through_uint8(found[-1].output, own))
            current[node.output] = found[-1].output
    return found, current[graph.output]
