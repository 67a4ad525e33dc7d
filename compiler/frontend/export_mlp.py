"""Writes a trained multi-layer perceptron as float ONNX, from nothing but its arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.errors import InputError

from . import onnx_file
from .onnx_file import Array

OPSET = 17
IR_VERSION = 8


def export_mlp(weights: Sequence[Array], biases: Sequence[Array]) -> bytes:
    """Float ONNX of the network x → x·W + b, with a Relu between every two such layers.

    ``weights``: [K, N] of each layer, as scikit-learn's ``coefs_``; ``biases``: [N], as
    ``intercepts_``. Input ``x`` float32 [batch, K], output ``logits`` float32 [batch, classes],
    with a symbolic batch. Raises InputError for layers that don't fit together or aren't finite.
    """
    layers = list(zip(weights, biases, strict=False))
    _require_chain(weights, biases)
    nodes, arrays, current = [], [], "x"
    for i, (weight, bias) in enumerate(layers):
        last = i == len(layers) - 1
        name, out = f"fc{i + 1}", "logits" if last else f"h{i + 1}"
        names = f"{name}.weight", f"{name}.bias"
        nodes.append(helper.make_node("Gemm", [current, *names], [out], name=name))
        for array, label in zip((weight, bias), names, strict=True):
            values = np.ascontiguousarray(array, np.float32)
            arrays.append(numpy_helper.from_array(values, label))
        current = out
        if not last:
            current = f"a{i + 1}"
            nodes.append(helper.make_node("Relu", [out], [current], name=f"relu{i + 1}"))
    ends = [("x", weights[0].shape[0]), ("logits", weights[-1].shape[1])]
    data, logits = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
        for name, size in ends
    )
    graph = helper.make_graph(nodes, "mlp", [data], [logits], arrays)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto)
    return onnx_file.serialized(proto)


def _require_chain(weights: Sequence[Array], biases: Sequence[Array]) -> None:
    if not weights or len(weights) != len(biases):
        raise InputError(
            f"{len(weights)} weight matrices and {len(biases)} biases",
            remedy="give one of each for every layer",
        )
    width = None
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if weight.ndim != 2 or width not in (None, weight.shape[0]):
            raise InputError(
                f"layer {i + 1} has weights of shape {weight.shape}",
                why=f"the layer before it puts out {width} values" if i else "it is no matrix",
                remedy="give matrices [inputs, outputs], in their order",
            )
        width = weight.shape[1]
        if bias.shape != (width,):
            raise InputError(
                f"layer {i + 1} has biases of shape {bias.shape}", why=f"it has {width} outputs"
            )
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise InputError(f"layer {i + 1} holds NaN or infinity", remedy="train the model again")
