"""A quantized model read back as a float model: without QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import onnx
from onnx import numpy_helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.quantize import Exponents, Grid

from . import onnx_file
from .onnx_file import Array, describe


@dataclass(frozen=True)
class Parameter:
    """The initializer ``name`` as it is dequantized: 2^-exponent times int8 or int32."""

    name: str
    exponents: Exponents


@dataclass(frozen=True)
class Unquantized:
    """``proto``: the float model; ``grids``: of its activations, by tensor; ``parameters``: by
    the float constants that stand for them."""

    proto: onnx.ModelProto
    grids: Mapping[str, Grid]
    parameters: Mapping[str, Parameter]


def not_a_task(why: str) -> NoReturn:
    """Raises InputError."""
    raise InputError(
        "the architecture can't be taken as a pattern",
        why=why,
        remedy="give the architecture.onnx of a task whose model `zkpot quantize` wrote",
    )


def unquantized(proto: onnx.ModelProto) -> Unquantized:
    """``proto`` in floats; InputError unless it is what `zkpot quantize` writes."""
    return _Reader(proto).read()


class _Reader:
    """Goes through the nodes once, in their order."""

    def __init__(self, proto: onnx.ModelProto) -> None:
        self.proto = proto
        self.arrays = {t.name: onnx_file.array(t) for t in proto.graph.initializer}
        self.names: dict[str, str] = {}
        self.grids: dict[str, Grid] = {}
        self.parameters: dict[str, Parameter] = {}
        self.floats: dict[str, Array] = {}

    def read(self) -> Unquantized:
        """All nodes."""
        kept = [node for node in self.proto.graph.node if self._keeps(node)]
        float_model = onnx.ModelProto()
        float_model.CopyFrom(self.proto)
        graph = float_model.graph
        del graph.node[:], graph.initializer[:]
        for node in kept:
            graph.node.add().CopyFrom(node)
            graph.node[-1].input[:] = [self.names.get(name, name) for name in node.input]
        for name, value in {**self.arrays, **self.floats}.items():
            graph.initializer.append(numpy_helper.from_array(value, name))
        output = graph.output[0]
        output.name = self.names.get(output.name, output.name)
        return Unquantized(float_model, self.grids, self.parameters)

    def _keeps(self, node: onnx.NodeProto) -> bool:
        if node.op_type == "QuantizeLinear":
            self._quantize(node)
        elif node.op_type == "DequantizeLinear":
            self._dequantize(node)
        else:
            return True
        return False

    def _quantize(self, node: onnx.NodeProto) -> None:
        exponents, zero_point = self._scale(node)
        if len(exponents) != 1:
            not_a_task(f"{describe(node)} has a scale for each channel")
        tensor = self.names.get(node.input[0], node.input[0])
        self.grids[tensor] = Grid(exponents[0], zero_point)
        self.names[node.output[0]] = tensor

    def _dequantize(self, node: onnx.NodeProto) -> None:
        source, output = node.input[0], node.output[0]
        exponents, zero_point = self._scale(node)
        if source in self.names:
            tensor = self.names[source]
            if (Grid(exponents[0], zero_point),) * len(exponents) != (self.grids[tensor],):
                not_a_task(f"{describe(node)} has another scale than its QuantizeLinear")
            self.names[output] = tensor
            return
        if source not in self.arrays or zero_point:
            not_a_task(f"{describe(node)} dequantizes neither an activation nor a parameter")
        self.parameters[output] = Parameter(source, exponents)
        self.floats[output] = np.zeros(self.arrays[source].shape, np.float32)

    def _scale(self, node: onnx.NodeProto) -> tuple[Exponents, int]:
        """Exponents of the scale, and the zero point, which has to be the same for all."""
        scale, zero = (
            (self.arrays.get(name) for name in node.input[1:])
            if len(node.input) == 3
            else (None, None)
        )
        if scale is None or zero is None or len(np.unique(zero)) != 1:
            not_a_task(f"{describe(node)} has no constant scale and zero point")
        mantissas, exponents = np.frexp(np.atleast_1d(scale).astype(np.float64))
        if (mantissas != 0.5).any():
            not_a_task(f"a scale of {describe(node)} is not a power of two")
        return tuple(1 - int(e) for e in exponents), int(np.atleast_1d(zero)[0])
