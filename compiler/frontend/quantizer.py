"""Float ONNX and calibration data to QDQ ONNX, checked against onnxruntime value by value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from zkpot.compiler.calibrate import Progress, calibrate
from zkpot.compiler.errors import InputError, ToolError
from zkpot.compiler.integer_graph import IntegerGraph, integer_logits
from zkpot.compiler.quantization_report import QuantizationReport
from zkpot.compiler.quantize import IntegerLayer, Values, window
from zkpot.compiler.shrink import shrunk

from . import sessions
from .float_model import FloatModel, read_float_model
from .layer_reports import Saturation, layer_reports, saturation, saturation_warnings
from .onnx_file import Array
from .qdq_writer import write_qdq
from .samples import Labels, Samples, checked_labels, checked_samples
from .task import Task, read_task

FULL_RANGE_BITS = 8
PROBES = 256
"""Samples on which the float model, as it was read, is compared with onnxruntime."""


class OracleMismatch(ToolError):
    """onnxruntime and the integer semantics disagree on a model that both must get exactly."""


@dataclass(frozen=True)
class QuantizationResult:
    """``model_bytes``: a serialized ONNX model."""

    model_bytes: bytes
    report: QuantizationReport


@dataclass(frozen=True)
class _Quantized:
    """``model``: with the float graph, clips absorbed, that it is a rounding of."""

    model: IntegerGraph
    model_bytes: bytes
    accumulator_bits: tuple[int, ...]
    symbolic: bool
    warnings: tuple[str, ...]


def quantize_model(
    model: Path,
    x: Array,
    y: Array | None = None,
    *,
    weight_bits: int = 7,
    full_range: bool = False,
    like: Path | None = None,
    progress: Progress | None = None,
) -> QuantizationResult:
    """Quantizes the float classifier in file ``model``.

    ``x``: calibration samples, float32 [n, *sample shape]; ``y``: their classes, integers [n], or
    None. ``weight_bits``: 4 to 8; ``full_range`` means 8. ``like``: a task's architecture.onnx,
    from which every scale, width and name is then taken. ``progress(stage, share done)``.
    Raises InputError for what the user can put right, OracleMismatch if onnxruntime puts out
    anything but the integer semantics' logits (only reported for 8-bit weights, design 3.8).
    """
    bits = FULL_RANGE_BITS if full_range else weight_bits
    if not 4 <= bits <= FULL_RANGE_BITS:
        raise InputError(f"{bits} weight bits", why="4 to 8 are possible", remedy="try 7")
    report = progress or (lambda _stage, _done: None)
    source = read_float_model(Path(model))
    samples = checked_samples(x, source.shape)
    labels = checked_labels(y, len(samples), source.classes)
    report("running the float model", 0.0)
    predictions = _float_predictions(source, samples)
    if like is None:
        target = predictions if labels is None else labels
        quantized = _calibrated(source, samples, target, bits, report)
    else:
        quantized = _like(source, read_task(Path(like)))
    report("comparing with onnxruntime", 0.0)
    logits = integer_logits(quantized.model, _flat(samples))
    mismatch = _compare(quantized, samples, logits)
    counts = saturation(source.graph, quantized.model, _flat(samples))
    return QuantizationResult(
        quantized.model_bytes,
        _report(source, quantized, counts, mismatch, predictions, labels, logits),
    )


def _report(
    source: FloatModel,
    quantized: _Quantized,
    counts: Saturation,
    mismatch: tuple[str, ...],
    predictions: Labels,
    labels: Labels | None,
    logits: Labels,
) -> QuantizationReport:
    chosen = logits.argmax(axis=1)
    return QuantizationReport(
        samples=len(predictions),
        float_accuracy=_share(predictions, labels),
        int8_accuracy=_share(chosen, labels),
        agreement=float(np.mean(chosen == predictions)),
        layers=tuple(layer_reports(quantized.model, quantized.accumulator_bits, counts)),
        warnings=(
            *source.warnings,
            *quantized.warnings,
            *saturation_warnings(quantized.model, counts, len(predictions)),
            *mismatch,
        ),
    )


def _flat(samples: Samples) -> Values:
    """Samples as [n, size]."""
    return samples.reshape(len(samples), -1)


def _share(predictions: Labels, labels: Labels | None) -> float | None:
    return None if labels is None else float(np.mean(predictions == labels))


def _float_predictions(model: FloatModel, samples: Samples) -> Labels:
    """The float model's classes, after a check that its nodes were understood."""
    proto = onnx.ModelProto()
    proto.CopyFrom(model.proto)
    own, logits = proto.graph.output[0].name, model.graph.output
    if own != logits:
        proto.graph.output.append(onnx.helper.make_empty_tensor_value_info(logits))
    names, symbolic = list(dict.fromkeys((own, logits))), model.batch != 1
    outputs = sessions.run(proto.SerializeToString(), samples, names, symbolic=symbolic)
    probes = min(PROBES, len(samples))
    expected = model.graph.run(_flat(samples[:probes]))[logits]
    actual = outputs[-1].reshape(len(samples), -1)[:probes]
    tolerance = 1e-3 * max(float(np.abs(expected).max()), 1e-6)
    if actual.shape != expected.shape or np.abs(actual - expected).max() > tolerance:
        raise OracleMismatch(
            "the float model was misunderstood",
            why=f"onnxruntime's values of {logits!r} are not those of the nodes read from it",
            remedy="simplify the model (Conv, Gemm, MatMul, Relu and pools), and report this model",
        )
    if model.puts_out_classes:
        return np.asarray(outputs[0].reshape(-1), np.int64)
    return np.asarray(outputs[0].reshape(len(samples), -1).argmax(axis=1), np.int64)


def _calibrated(
    source: FloatModel, samples: Samples, target: Labels, bits: int, progress: Progress
) -> _Quantized:
    model = calibrate(source.graph, _flat(samples), target, bits, progress)
    widths = tuple(layer.bits for layer in model.layers)
    return _Quantized(model, write_qdq(source, model, widths), widths, source.batch != 1, ())


def _like(source: FloatModel, task: Task) -> _Quantized:
    rounded, layers = task.round(source), tuple(task.layers.values())
    widths = tuple(layer.accumulator_bits for layer in layers)
    outputs = [node.output for node in rounded.linears]
    model, factors = shrunk(rounded, dict(zip(outputs, widths, strict=True)))
    names, integers = [layer.name for layer in layers], model.layers
    for name, integer in zip(names, integers, strict=True):
        if not integer.exact_in_float32():
            raise InputError(
                f"the weights don't fit the task's layer {name!r}",
                why="its accumulators could exceed 2^24, where float32 stops being exact",
                remedy="train with more weight decay, above all on the biases",
            )
    shrinking = [(name, factors.get(o, 1.0)) for name, o in zip(names, outputs, strict=True)]
    warnings = (
        *_shrunk(shrinking),
        *_clipped(names, integers),
        *_overflows(names, integers, widths),
    )
    return _Quantized(model, task.fill(integers), widths, task.symbolic, warnings)


def _shrunk(factors: Sequence[tuple[str, float]]) -> Iterator[str]:
    for name, factor in factors:
        if factor < 1:
            yield (
                f"node {name!r}: channels whose accumulators the task has no room for were "
                f"multiplied by {factor:.3f} or more; train with more weight decay"
            )


def _clipped(names: Sequence[str], integers: Sequence[IntegerLayer]) -> Iterator[str]:
    for name, layer in zip(names, integers, strict=True):
        if layer.clipped:
            yield (
                f"node {name!r}: {layer.clipped} of {layer.weight.size + layer.bias.size} weights "
                "and biases were cut off at the task's range"
            )


def _overflows(
    names: Sequence[str], integers: Sequence[IntegerLayer], widths: Sequence[int]
) -> Iterator[str]:
    for name, layer, bits in zip(names, integers, widths, strict=True):
        limit = window(bits, max(layer.shifts))
        worst = layer.worst_cases
        for channel in np.flatnonzero(worst > limit):
            yield (
                f"node {name!r}, channel {channel}: the accumulator's worst case {worst[channel]} "
                f"exceeds {limit}, what the task's {bits} bits hold, so `zkpot commit` will "
                "refuse this model; train with more weight decay"
            )


def _compare(quantized: _Quantized, samples: Samples, logits: Labels) -> tuple[str, ...]:
    """Demands onnxruntime's logits, bit for bit; a warning where its kernels may saturate."""
    exponent = quantized.model.output_exponent
    expected = np.ldexp(logits.astype(np.float32), -exponent)
    name = onnx.load_model_from_string(quantized.model_bytes).graph.output[0].name
    (outputs,) = sessions.run(quantized.model_bytes, samples, [name], symbolic=quantized.symbolic)
    actual = outputs.reshape(len(samples), -1)
    differing = int(np.count_nonzero(actual != expected))
    if quantized.model.weight_bits < FULL_RANGE_BITS:
        if differing:
            raise OracleMismatch(
                f"onnxruntime differs from exact integers in {differing} of {expected.size} logits",
                why="its kernels should be exact for a model of this kind",
                remedy="try another version of onnxruntime, and report this one",
            )
        return ()
    saturates = "weights beyond [-64, 63] saturate on processors with AVX2 but without VNNI"
    if differing:
        return (f"{saturates}: here {differing} of {expected.size} logits differ from the exact",)
    return (f"{saturates}; on this one all {expected.size} logits are exact",)
