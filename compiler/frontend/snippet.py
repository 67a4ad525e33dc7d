"""A piece of a float model that is kept as it is: moved data, or a function of each element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .onnx_file import Array, attribute

OPSET = 17
"""The oldest that is written."""


@dataclass(frozen=True, eq=False)
class Snippet:
    """Nodes from ``inputs`` to ``output``, and the constants that they read."""

    nodes: tuple[onnx.NodeProto, ...]
    constants: Mapping[str, Array]
    inputs: tuple[str, ...]
    output: str
    opset: int

    def then(self, node: onnx.NodeProto, constants: Mapping[str, Array]) -> Snippet:
        """This piece with one more node behind it."""
        return Snippet(
            (*self.nodes, node),
            {**self.constants, **constants},
            self.inputs,
            node.output[0],
            self.opset,
        )

    def joined(self, other: Snippet) -> Snippet:
        """This piece and another that reads the same tensor; the other's output."""
        names = {name for node in self.nodes for name in node.output}
        fresh = [node for node in other.nodes if names.isdisjoint(node.output)]
        constants = {**self.constants, **other.constants}
        return Snippet((*self.nodes, *fresh), constants, self.inputs, other.output, self.opset)

    def model(
        self,
        ranks: Sequence[int],
        before: Sequence[onnx.NodeProto] = (),
        behind: Sequence[onnx.NodeProto] = (),
        constants: Mapping[str, Array] | None = None,
        element: int = TensorProto.FLOAT,
    ) -> onnx.ModelProto:
        """A model of the piece, with other nodes around it if given; inputs of these ranks."""
        nodes = [*before, *self.nodes, *behind]
        inputs = [name for node in before for name in node.input[:1]] or list(self.inputs)
        output = behind[-1].output[0] if behind else self.output
        graph = helper.make_graph(
            nodes,
            "snippet",
            [
                helper.make_tensor_value_info(name, element, [None] * rank)
                for name, rank in zip(inputs, ranks, strict=True)
            ],
            [helper.make_empty_tensor_value_info(output)],
            [
                numpy_helper.from_array(np.asarray(value), name)
                for name, value in {**self.constants, **(constants or {})}.items()
            ],
        )
        imports = [helper.make_opsetid("", self.opset)]
        return helper.make_model(
            graph, opset_imports=imports, ir_version=helper.find_min_ir_version_for(imports)
        )

    def run(self, feeds: Sequence[Array]) -> Array:
        """The output in onnxruntime, for arrays of any shape."""
        model = self.model([feed.ndim for feed in feeds])
        return run(model, dict(zip(self.inputs, feeds, strict=True)))

    def modern(self, shapes: Sequence[tuple[int, ...]]) -> Snippet:
        """The same in an operator set from `OPSET` on. ``shapes``: of one sample of each input."""
        if self.opset >= OPSET:
            return self
        model = self.model([len(shape) + 1 for shape in shapes])
        for value, shape in zip(model.graph.input, shapes, strict=True):
            for dim, size in zip(value.type.tensor_type.shape.dim, (1, *shape), strict=True):
                dim.dim_value = size
        model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
        converted = onnx.version_converter.convert_version(model, OPSET).graph
        constants = {t.name: np.asarray(numpy_helper.to_array(t)) for t in converted.initializer}
        return Snippet(
            tuple(converted.node), constants, self.inputs, converted.output[0].name, OPSET
        )

    def placed(self, inputs: Sequence[str], output: str, name: str) -> Iterator[onnx.NodeProto]:
        """The nodes with tensors renamed, so that no two pieces share a name in one graph."""
        renamed = dict(zip(self.inputs, inputs, strict=True))
        for i, node in enumerate(self.nodes):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.name = name if len(self.nodes) == 1 else f"{name}_{i + 1}"
            for names in (copy.input, copy.output):
                names[:] = [
                    output if n == self.output else renamed.get(n, n and f"{output}_{n}")
                    for n in names
                ]
            yield copy


def run(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> Array:
    """The only output of ``model`` in onnxruntime's default CPU session."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, dict(feeds))[0])


def axis_attribute(node: onnx.NodeProto, default: int, rank: int) -> int:
    """Attribute ``axis`` as a non-negative number."""
    return int(attribute(node, "axis", default)) % max(rank, 1)
