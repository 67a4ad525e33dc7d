"""Float ONNX and calibration data to QDQ ONNX, checked against onnxruntime value by value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from zkpot.compiler.calibrate import Progress, calibrate, round_model
from zkpot.compiler.clips import absorb_clips, clip_exponent
from zkpot.compiler.errors import InputError, ToolError
from zkpot.compiler.quantization_report import LayerReport, QuantizationReport
from zkpot.compiler.quantize import (
    FloatArray,
    FloatLayer,
    IntegerLayer,
    float_activations,
    integer_logits,
    layer_bits,
    window,
)

from . import sessions
from .float_model import FloatModel, read_float_model
from .onnx_file import Array
from .qdq_writer import write_qdq
from .samples import Labels, Samples, checked_labels, checked_samples
from .task import Task, read_task

FULL_RANGE_BITS = 8
NOTABLE = 0.01  # a share of saturated values from which on the report warns


class OracleMismatch(ToolError):
    """onnxruntime and the integer semantics disagree on a model that both must get exactly."""


@dataclass(frozen=True)
class QuantizationResult:
    """``model_bytes``: a serialized ONNX model."""

    model_bytes: bytes
    report: QuantizationReport


@dataclass(frozen=True)
class _Quantized:
    """``layers`` are the float layers that ``integers`` are roundings of, clips absorbed."""

    layers: tuple[FloatLayer, ...]
    integers: tuple[IntegerLayer, ...]
    model_bytes: bytes
    weight_bits: int
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
    logits = integer_logits(quantized.integers, _flat(samples))
    mismatch = _compare(quantized, samples, logits)
    return QuantizationResult(
        quantized.model_bytes,
        QuantizationReport(
            samples=len(samples),
            float_accuracy=_share(predictions, labels),
            int8_accuracy=_share(logits.argmax(axis=1), labels),
            agreement=float(np.mean(logits.argmax(axis=1) == predictions)),
            layers=tuple(_layer_reports(source, quantized, samples)),
            warnings=(
                *source.warnings,
                *quantized.warnings,
                *_saturation_warnings(source, quantized, samples),
                *mismatch,
            ),
        ),
    )


def _flat(samples: Samples) -> FloatArray:
    """Samples as float64 [n, K]."""
    return samples.reshape(len(samples), -1).astype(np.float64)


def _share(predictions: Labels, labels: Labels | None) -> float | None:
    return None if labels is None else float(np.mean(predictions == labels))


def _float_predictions(model: FloatModel, samples: Samples) -> Labels:
    """The float model's classes, after a check that its layers were understood."""
    proto = onnx.ModelProto()
    proto.CopyFrom(model.proto)
    own, logits = proto.graph.output[0].name, model.layers[-1].output_name
    if own != logits:
        proto.graph.output.append(onnx.helper.make_empty_tensor_value_info(logits))
    names, symbolic = list(dict.fromkeys((own, logits))), model.batch != 1
    outputs = sessions.run(proto.SerializeToString(), samples, names, symbolic=symbolic)
    expected = float_activations(model.layers, _flat(samples))[-1]
    tolerance = 1e-3 * max(float(np.abs(expected).max()), 1e-6)
    if outputs[-1].shape != expected.shape or np.abs(outputs[-1] - expected).max() > tolerance:
        raise OracleMismatch(
            "the float model was misunderstood",
            why=f"onnxruntime's values of {logits!r} are not those of the layers read from it",
            remedy="simplify the model (plain Gemm, MatMul and Relu), and report this model",
        )
    if model.puts_out_classes:
        return np.asarray(outputs[0].reshape(-1), np.int64)
    return np.asarray(outputs[0].argmax(axis=1), np.int64)


def _calibrated(
    model: FloatModel, samples: Samples, target: Labels, bits: int, progress: Progress
) -> _Quantized:
    layers, scales = calibrate(model.layers, _flat(samples), target, bits, progress)
    integers = round_model(layers, scales, bits)
    widths = tuple(map(layer_bits, integers))
    data = write_qdq(model, integers, weight_bits=bits, accumulator_bits=widths)
    return _Quantized(layers, integers, data, bits, widths, model.batch != 1, ())


def _like(model: FloatModel, task: Task) -> _Quantized:
    task.require(model)
    outputs = task.scales.outputs
    layers = absorb_clips(model.layers, [grid.exponent for grid in outputs])
    integers = round_model(layers, task.scales, task.weight_bits)
    widths = tuple(layer.accumulator_bits for layer in task.layers)
    names = [layer.name for layer in task.layers]
    for name, integer in zip(names, integers, strict=True):
        if not integer.exact_in_float32():
            raise InputError(
                f"the weights don't fit the task's layer {name!r}",
                why="its accumulators could exceed 2^24, where float32 stops being exact",
                remedy="train with more weight decay, above all on the biases",
            )
    warnings = (*_clipped(names, integers), *_overflows(names, integers, widths))
    data = task.fill(integers)
    return _Quantized(layers, integers, data, task.weight_bits, widths, task.symbolic, warnings)


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
        limit = window(bits, layer.shift)
        worst = layer.worst_cases()
        for channel in np.flatnonzero(worst > limit):
            yield (
                f"node {name!r}, channel {channel}: the accumulator's worst case {worst[channel]} "
                f"exceeds {limit}, what the task's {bits} bits hold, so `zkpot commit` will "
                "refuse this model; train with more weight decay"
            )


def _compare(quantized: _Quantized, samples: Samples, logits: Labels) -> tuple[str, ...]:
    """Demands onnxruntime's logits, bit for bit; a warning where its kernels may saturate."""
    exponent = quantized.integers[-1].accumulator_exponent
    expected = np.ldexp(logits.astype(np.float32), -exponent)
    name = onnx.load_model_from_string(quantized.model_bytes).graph.output[0].name
    actual = sessions.run(quantized.model_bytes, samples, [name], symbolic=quantized.symbolic)[0]
    differing = int(np.count_nonzero(actual != expected))
    if quantized.weight_bits < FULL_RANGE_BITS:
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


def _saturated(source: FloatModel, quantized: _Quantized, samples: Samples) -> list[int]:
    """Per layer, inputs that uint8 cuts off; an absorbed clip does so on purpose, hence 0."""
    values = float_activations(quantized.layers, _flat(samples))
    meant = [False, *(clip_exponent(layer) is not None for layer in source.layers)]
    return [
        0 if meant[i] else layer.input.saturated(values[i])
        for i, layer in enumerate(quantized.integers)
    ]


def _saturation_warnings(
    source: FloatModel, quantized: _Quantized, samples: Samples
) -> Iterator[str]:
    for layer, integer, count in zip(
        source.layers, quantized.integers, _saturated(source, quantized, samples), strict=True
    ):
        share = count / (len(samples) * integer.weight.shape[0])
        if share > NOTABLE:
            yield f"layer {layer.name!r}: {share:.1%} of its inputs lie outside of uint8's range"


def _layer_reports(
    source: FloatModel, quantized: _Quantized, samples: Samples
) -> Iterator[LayerReport]:
    saturated = _saturated(source, quantized, samples)
    for i, (layer, integer) in enumerate(zip(source.layers, quantized.integers, strict=True)):
        yield LayerReport(
            name=layer.name,
            input_exponent=integer.input.exponent,
            input_zero_point=integer.input.zero_point,
            weight_exponent=integer.weight_exponent,
            weight_bits=quantized.weight_bits,
            shift=integer.shift,
            worst_case=int(integer.worst_cases().max()),
            accumulator_bits=quantized.accumulator_bits[i],
            clipped_parameters=integer.clipped,
            saturated_inputs=saturated[i],
        )
