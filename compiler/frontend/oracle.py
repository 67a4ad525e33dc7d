"""Holds the integer semantics against onnxruntime, value by value and without tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from .. import ops
from ..errors import InputError
from ..interpret import interpret, quantize
from ..ir import Graph, Node
from ..ops.base import IntArray
from .constants import constants
from .importer import Imported, Trace, import_model
from .model_cuts import cut, producers, with_unsigned_weights
from .onnx_file import Array, load, serialized
from .oracle_report import Cause, Comparison, Difference, OracleReport, TensorComparison
from .processor import processor
from .samples import checked_samples
from .sessions import run
from .tensors import Floats, Integer, limits


def check_model(path: Path, x: Array, *, imported: Imported | None = None) -> OracleReport:
    """Compares every 8-bit tensor, the logits and the predictions of the model in ``path``.

    ``x``: samples first, [n, *input shape]. ``imported``: of the same file, to save reading it
    again. Where onnxruntime differs, its exact kernels are tried too. Raises InputError for a
    model that can't be imported and for data that don't fit it.
    """
    model, read = load(path), imported or import_model(path)
    samples = _samples(x, read)
    data = quantize(samples.reshape(len(samples), -1), read.graph.quantization)
    expected = interpret(read.graph, data, read.values)
    oracle = _Oracle(read.trace, read.graph, samples, expected)
    default, exact = oracle.compare(model), None
    if not default.agrees:
        rewritten = with_unsigned_weights(model)
        exact = None if rewritten is None else oracle.compare(rewritten)
    return OracleReport(
        len(samples),
        default,
        exact,
        _cause(read, default, exact),
        onnxruntime.__version__,
        processor(),
    )


def _samples(x: Array, read: Imported) -> Array:
    """``x`` as the model takes it."""
    samples = checked_samples(x, read.input_shape)
    if read.graph.quantization.scale is not None:
        return samples
    dtype = read.graph.quantization.dtype
    every = limits(dtype)
    wrong = (samples != np.rint(samples)) | (samples < every.lo) | (samples > every.hi)
    if wrong.any():
        raise InputError(
            f"the data x hold {samples[wrong][0]:g}",
            why=f"the model takes {dtype}, integers from {every.lo} to {every.hi}",
            remedy=f"store x as {dtype}, quantized as the model expects",
        )
    return samples.astype(dtype)


def _cause(read: Imported, default: Comparison, exact: Comparison | None) -> Cause:
    if default.agrees:
        return Cause.NONE
    if exact is not None and exact.agrees:
        return Cause.SATURATING_KERNEL
    first = (exact or default).first
    if first is None:
        return Cause.FLOAT_TIES
    floats = first.node in _float_layers(read.graph)
    if first.tensor == read.trace.source:
        floats |= _float_logits(read)
    return Cause.FLOAT_KERNEL if floats else Cause.UNEXPLAINED


def _float_layers(graph: Graph) -> set[str]:
    """Names of nodes that quantize accumulators which onnxruntime computes in float32."""
    found = set()
    for node in graph.nodes:
        if node.op == "requantize" and not node.attrs["fused"]:
            found |= {node.name} if _linear(graph, node.inputs[0]) is not None else set()
    return found


def _float_logits(read: Imported) -> bool:
    """Whether the logits are accumulators which onnxruntime computes in float32."""
    last, logits = _linear(read.graph, read.graph.output), read.trace.logits
    if last is None or isinstance(logits, Integer):
        return False
    # Alone among linear layers, Conv has no integer kernel that gives floats.
    return last.op == "conv" or logits.kernel is None


def _linear(graph: Graph, name: str) -> Node | None:
    """The linear layer whose accumulators ``name`` holds, moved or pooled; None for any other."""
    node = graph.producer(name)
    while node is not None and node.op in ("max_pool", "scale", "select"):
        node = graph.producer(node.inputs[0])
    return node if node is not None and ops.of(node).accumulates else None


@dataclass(frozen=True)
class _Oracle:
    """``expected``: every value of the graph for all ``samples``."""

    trace: Trace
    graph: Graph
    samples: Array
    expected: Mapping[str, IntArray]

    def compare(self, model: onnx.ModelProto) -> Comparison:
        """``model`` run as it is, and cut off behind each of its 8-bit tensors."""
        result = self._run(model, model.graph.output[0].name)
        tensors = (*self._inside(model), self._logits(model, result))
        labels = result if self.trace.head == "ArgMax" else result.argmax(-1)[:, None]
        wanted = self.expected[self.graph.output].argmax(-1)[:, None]
        return Comparison(tensors, int(np.count_nonzero(labels != wanted)))

    def _run(self, model: onnx.ModelProto, tensor: str) -> Array:
        outputs = run(serialized(model), self.samples, [tensor], symbolic=self.trace.symbolic)
        return outputs[0].reshape(len(self.samples), -1)

    def _inside(self, model: onnx.ModelProto) -> Iterator[TensorComparison]:
        """Each 8-bit tensor but the output, by way of a DequantizeLinear where one reads it."""
        made, known = producers(model), constants(model.graph)
        for name, tensor in self.trace.integers.items():
            if tensor.value not in self.expected or name not in made:
                continue
            reader = _dequantizer(model, name)
            last = name if reader is None else reader.output[0]
            if last == self.trace.source:
                continue
            observed = self._run(cut(model, last), last)
            scale = None if reader is None else np.squeeze(known[reader.input[1]])
            yield self._compared(made[name], name, tensor, observed, scale)

    def _logits(self, model: onnx.ModelProto, result: Array) -> TensorComparison:
        source, logits = self.trace.source, self.trace.logits
        observed = result if self.trace.head is None else self._run(cut(model, source), source)
        made = producers(model)
        node = made[source]
        if isinstance(logits, Integer):
            return self._compared(node, source, logits, observed, None)
        if logits.integer is not None:
            known = self.trace.integers.items()
            same = (k for k, t in known if t.value == logits.value and k in made)
            node = made[next(same, source)]
        return _comparison(node, source, self.expected[logits.value], observed, logits.scale)

    def _compared(
        self,
        node: onnx.NodeProto,
        name: str,
        tensor: Integer,
        observed: Array,
        scale: Floats | None,
    ) -> TensorComparison:
        """An 8-bit tensor, observed as it is (``scale`` None) or dequantized."""
        wanted = self.expected[tensor.value]
        if scale is None:
            centred = observed.astype(np.int64) - tensor.zero_point
            return _comparison(node, name, wanted, centred, np.ones((), np.float32))
        return _comparison(node, name, wanted, observed, scale)


def _dequantizer(model: onnx.ModelProto, tensor: str) -> onnx.NodeProto | None:
    readers = (n for n in model.graph.node if n.op_type == "DequantizeLinear")
    return next((n for n in readers if n.input[0] == tensor), None)


def _comparison(
    node: onnx.NodeProto, tensor: str, wanted: IntArray, observed: Array, scale: Floats
) -> TensorComparison:
    """float32(wanted)·scale against ``observed``, exactly; what differs is told in steps."""
    wrong = wanted.astype(np.float32) * scale != observed
    first = None
    if wrong.any():
        sample, index = (int(i) for i in np.argwhere(wrong)[0])
        step = float(np.broadcast_to(scale, wrong.shape[1:])[index])
        seen = round(float(observed[sample, index]) / step, 3)
        first = Difference(sample, index, float(wanted[sample, index]), seen)
    name = node.name or node.output[0]
    return TensorComparison(name, tensor, wrong.size, int(np.count_nonzero(wrong)), first)
