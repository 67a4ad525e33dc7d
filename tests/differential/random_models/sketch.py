"""A model under construction that already runs: each node is executed as soon as it is added.

So the generator knows every shape without computing it, and quantizes every tensor with a scale
that suits the values that really occur there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime
from hypothesis import reject
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
TYPES = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8, "float32": TensorProto.FLOAT}
MICROSOFT = "com.microsoft"
LARGEST = 600
"""Elements of one sample that no tensor exceeds."""


@dataclass(frozen=True)
class Quantized:
    """An 8-bit tensor of the model and how it is read."""

    name: str
    scale: np.float32
    zero: int
    dtype: str


@dataclass(frozen=True)
class Style:
    """What one model has in common: its form, types, opset, batch dimension and kinds of scales."""

    qdq: bool
    dtype: str
    weights: str
    opset: int
    batch: int | str
    powers: bool
    full_range: bool
    even_zeros: bool


class Sketch:
    """Nodes and initializers, and the value of every tensor for a few samples."""

    def __init__(self, style: Style, shape: Sequence[int], seed: int) -> None:
        self.style, self.shape = style, tuple(shape)
        self.reseed(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}
        self.values: dict[str, Array] = {}
        self.pool: list[Quantized] = []

    def reseed(self, *seed: int) -> None:
        """What is chosen from here on follows from ``seed``."""
        self.random = np.random.default_rng(seed)

    @property
    def samples(self) -> int:
        """How many samples the values are for."""
        return 1 if self.style.batch == 1 else 3

    def choose(self, *options: Any) -> Any:
        """One of ``options``."""
        return options[self.number(0, len(options) - 1)]

    def number(self, low: int, high: int) -> int:
        """An integer from ``low`` to ``high``."""
        return int(self.random.integers(low, high + 1))

    def maybe(self) -> bool:
        """Yes or no."""
        return self.number(0, 1) == 1

    def sample_shape(self, tensor: Quantized | str) -> tuple[int, ...]:
        """The shape of one sample of ``tensor``."""
        name = tensor if isinstance(tensor, str) else tensor.name
        return tuple(self.values[name].shape[1:])

    def constant(self, value: Any, dtype: Any = None) -> str:
        """An initializer."""
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype)
        return name

    def node(self, op: str, inputs: Sequence[str], *, domain: str = "", **attributes: Any) -> str:
        """One node of one output."""
        return self.several(op, inputs, 1, domain=domain, **attributes)[0]

    def several(
        self, op: str, inputs: Sequence[str], count: int, *, domain: str = "", **attributes: Any
    ) -> list[str]:
        """One node of ``count`` outputs; gives up the model if onnxruntime refuses the node."""
        outputs = [f"t{len(self.nodes)}_{i}" for i in range(count)]
        name = f"{op}_{len(self.nodes)}"
        node = helper.make_node(op, inputs, outputs, name=name, domain=domain, **attributes)
        found = self.preview(node)
        if any(v.size > LARGEST * self.samples or v.size == 0 for v in found):
            reject()
        self.nodes.append(node)
        self.values.update(zip(outputs, found, strict=True))
        return outputs

    def preview(self, node: onnx.NodeProto) -> list[Array]:
        """What ``node`` gives for the values so far."""
        fed = {k: self.values[k] for k in node.input if k in self.values}
        model = proto(
            [node],
            {k: self.constants[k] for k in node.input if k in self.constants},
            [(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for k, v in fed.items()],
            [onnx.helper.make_empty_tensor_value_info(k) for k in node.output],
            self.style.opset,
        )
        return run_once(model, fed)

    def model(self, output: str) -> onnx.ModelProto:
        """The whole model, with the tensor ``output`` as its result."""
        value = self.values[output]
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        shape = [self.style.batch, *value.shape[1:]]
        taken = helper.np_dtype_to_tensor_dtype(self.values["x"].dtype)
        return proto(
            self.nodes,
            self.constants,
            [("x", taken, [self.style.batch, *self.shape])],
            [helper.make_tensor_value_info(output, kind, shape)],
            self.style.opset,
        )


def proto(
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, Array],
    inputs: Sequence[tuple[str, int, Sequence[int | str]]],
    outputs: Sequence[onnx.ValueInfoProto],
    opset: int,
) -> onnx.ModelProto:
    """A model of those nodes."""
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info(*i) for i in inputs],
        outputs,
        [numpy_helper.from_array(a, name) for name, a in constants.items()],
    )
    domains = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=domains)
    model.ir_version = 10
    return model


def run_once(model: onnx.ModelProto, fed: Mapping[str, Array]) -> list[Array]:
    """Every output of ``model``, as it stands, without any graph optimization.

    What onnxruntime does not run is no subject for a comparison with it: the draw is given up.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return [np.asarray(v) for v in session.run(None, dict(fed))]
    except Exception:  # noqa: BLE001  onnxruntime's exceptions have no other common base
        reject()
