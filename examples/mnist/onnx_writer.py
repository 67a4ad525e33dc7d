"""Collects the nodes of a float ONNX model and writes it, with a symbolic batch dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import NodeProto, TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
INPUT, LOGITS = "image", "logits"


@dataclass
class OnnxWriter:
    """Nodes and initializers so far. A node's name names its output and its initializers too."""

    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)

    def node(
        self,
        kind: str,
        name: str,
        inputs: Sequence[str],
        parameters: Mapping[str, ArrayLike],
        **attributes: Any,
    ) -> str:
        """Add a node; ``parameters``, in order, become its inputs after ``inputs``. Its output."""
        labels = {key: f"{name}.{key}" for key in parameters}
        for key, label in labels.items():
            values = np.asarray(parameters[key], np.float32)
            self.initializers.append(numpy_helper.from_array(values, label))
        output = f"{name}_out"
        fed = [*inputs, *labels.values()]
        self.nodes.append(helper.make_node(kind, fed, [output], name=name, **attributes))
        return output

    def model(self, shape: Sequence[int], classes: int) -> onnx.ModelProto:
        """The model from INPUT, float32 (batch, *shape), to LOGITS, the last node's output."""
        self.nodes[-1].output[0] = LOGITS
        data, logits = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *sizes])
            for name, sizes in ((INPUT, shape), (LOGITS, [classes]))
        )
        graph = helper.make_graph(self.nodes, "digits", [data], [logits], self.initializers)
        proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        proto.ir_version = IR_VERSION
        proto.producer_name = "zkpot examples"
        onnx.checker.check_model(proto, full_check=True)
        return proto
