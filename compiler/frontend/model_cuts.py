"""Copies of a model that show what is inside it, or run on other kernels."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

from .constants import constants
from .onnx_file import Array
from .tensors import SIGNED_OFFSET

WEIGHTS = {
    "ConvInteger": (1, 3, 2),
    "MatMulInteger": (1, 3, 2),
    "MatMulIntegerToFloat": (1, 5, 4),
    "QGemm": (3, 5, 2),
    "QLinearConv": (3, 5, 2),
    "QLinearMatMul": (3, 5, 2),
}
"""Of operators on integers: which inputs are the weight, its zero point, and the data's."""


def producers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    """The node that computes each tensor."""
    return {name: node for node in model.graph.node for name in node.output}


def cut(model: onnx.ModelProto, tensor: str) -> onnx.ModelProto:
    """The part of ``model`` that computes ``tensor``, which becomes its one output.

    What comes before is run by the same kernels as in the whole model. That would not be so with
    the tensor as one more output: a QuantizeLinear that is read twice is optimized differently.
    For the same reason, one that loses its second reader here becomes an output behind the first.
    """
    made = producers(model)
    needed: set[str] = set()
    waiting = [tensor]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += made[name].input if name in made else []
    found = onnx.ModelProto()
    found.CopyFrom(model)
    del found.graph.node[:]
    found.graph.node.extend(n for n in model.graph.node if needed.intersection(n.output))
    del found.graph.output[:]
    alone = _pairs(found, tensor) - _pairs(model, model.graph.output[0].name)
    for name in dict.fromkeys([tensor, *sorted(alone)]):
        found.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    return found


def _pairs(model: onnx.ModelProto, output: str) -> set[str]:
    """Tensors of a QuantizeLinear that one DequantizeLinear reads, which is itself read once."""
    readers: dict[str, list[onnx.NodeProto | None]] = {output: [None]}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    found = set()
    for node in model.graph.node:
        first, *others = readers.get(node.output[0], [None])
        if node.op_type == "QuantizeLinear" and first is not None and not others:
            behind = readers.get(first.output[0], [])
            found |= {node.output[0]} if _single(first, behind) else set()
    return found


def _single(reader: onnx.NodeProto, behind: list[onnx.NodeProto | None]) -> bool:
    return reader.op_type == "DequantizeLinear" and len(behind) == 1


def with_unsigned_weights(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """``model`` with its int8 weights as uint8, weights and zero points raised by 128; None where
    it has none that meet uint8 activations.

    The products are the same integers. But onnxruntime multiplies uint8 by uint8 exactly on every
    processor, and uint8 by int8 in saturating 16-bit steps on x64 without VNNI.
    """
    rewriting = _Rewriting(model)
    for node in rewriting.model.graph.node:
        if node.op_type in WEIGHTS:
            rewriting.operator(node, *WEIGHTS[node.op_type])
        elif node.op_type in ("Conv", "Gemm", "MatMul"):
            rewriting.dequantized(node)
    return rewriting.finished()


class _Rewriting:
    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        self.constants = constants(model.graph)
        self.producers = producers(self.model)
        self.added: dict[str, Array] = {}

    def operator(self, node: onnx.NodeProto, at: int, zero_at: int, data_zero_at: int) -> None:
        """One with integer weights; its kernels want uint8 ones with uint8 activations only."""
        weight, data_zero = self._constant(node, at), self._constant(node, data_zero_at)
        if weight is None or weight.dtype != np.int8:
            return
        if data_zero is not None and data_zero.dtype == np.uint8:
            zero = self._constant(node, zero_at)
            missing = [""] * (zero_at + 1 - len(node.input))
            node.input.extend(missing)
            name = node.input[zero_at] or f"{node.output[0]}.zero"
            node.input[zero_at] = self._raised(name, zero if zero is not None else np.int8(0))
            node.input[at] = self._raised(node.input[at], weight)

    def dequantized(self, node: onnx.NodeProto) -> None:
        """A layer with dequantized weights."""
        source = self.producers.get(node.input[1])
        if source is None or source.op_type != "DequantizeLinear":
            return
        weight = self._constant(source, 0)
        quantizer = self.producers.get(source.input[0])
        if weight is not None and weight.dtype == np.int8:
            source.input[0] = self._raised(source.input[0], weight)
            self._raise_zero(source)
        elif quantizer is not None and quantizer.op_type == "QuantizeLinear":
            zero = self._constant(quantizer, 2)
            if quantizer.input[0] in self.constants and zero is not None and zero.dtype == np.int8:
                self._raise_zero(quantizer)
                self._raise_zero(source)

    def finished(self) -> onnx.ModelProto | None:
        """The model with what was added to it."""
        if not self.added:
            return None
        graph = self.model.graph
        graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in self.added.items())
        del graph.value_info[:]  # it names the types of tensors that are no longer int8
        return self.model

    def _constant(self, node: onnx.NodeProto, position: int) -> Array | None:
        name = node.input[position] if position < len(node.input) else ""
        return self.constants.get(name)

    def _raise_zero(self, node: onnx.NodeProto) -> None:
        zero = self._constant(node, 2)
        if zero is None:
            zero = np.zeros(self.constants[node.input[1]].shape, np.int8)
        name = self._raised(
            node.input[2] if len(node.input) > 2 else f"{node.output[0]}.zero", zero
        )
        del node.input[2:]
        node.input.append(name)

    def _raised(self, name: str, values: Array | np.int8) -> str:
        raised = np.asarray(values, np.int64) + SIGNED_OFFSET
        self.added[f"{name}.unsigned"] = raised.astype(np.uint8)
        return f"{name}.unsigned"
