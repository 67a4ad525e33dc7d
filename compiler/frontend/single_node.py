"""Lets onnxruntime compute one node, so that nothing here restates what an operator means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnx
import onnxruntime

from .onnx_file import Array

IR_VERSION = 10


class NodeError(Exception):
    """onnxruntime can't compute a node from these inputs; the message is its first line."""


def single_node(
    node: onnx.NodeProto,
    inputs: Mapping[str, Array],
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> list[Array]:
    """The outputs of ``node`` in onnxruntime, unoptimized; NodeError where it has none.

    ``inputs``: by name, all that the node reads.
    """
    renamed = onnx.NodeProto()
    renamed.CopyFrom(node)
    # An output that nobody reads may have no name; results are wanted in their order.
    results = [name or f"unnamed {i}" for i, name in enumerate(node.output)]
    del renamed.output[:]
    renamed.output.extend(results)
    values = {name: inputs[name] for name in dict.fromkeys(node.input) if name}
    try:
        graph = onnx.helper.make_graph(
            [renamed],
            "node",
            [
                onnx.helper.make_tensor_value_info(
                    name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
                )
                for name, value in values.items()
            ],
            [onnx.helper.make_empty_tensor_value_info(name) for name in results],
        )
        model = onnx.helper.make_model(graph, opset_imports=list(opsets), ir_version=IR_VERSION)
        found: list[Array] = session(model, optimized=False).run(results, values)
    except Exception as error:
        # onnxruntime's exceptions have no common base but Exception, and onnx's helpers raise
        # KeyError or TypeError for types they don't know.
        raise NodeError(str(error).strip().partition("\n")[0]) from error
    return found


def session(model: onnx.ModelProto, *, optimized: bool) -> onnxruntime.InferenceSession:
    """onnxruntime's CPU session of a small model.

    ``optimized``: with its graph optimizations, which are the default, or without.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)
