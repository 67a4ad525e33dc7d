"""Quantizing from file to file: float ONNX and DATA.npz to int8 ONNX."""

from __future__ import annotations

from pathlib import Path

from zkpot.compiler.errors import InputError
from zkpot.compiler.quantization_report import QuantizationReport

from . import atomic
from .build import ARCHITECTURE, RECORD
from .dataset import load_samples
from .process import Progress


def quantize_file(
    model: Path,
    data: Path,
    out: Path,
    *,
    like: Path | None = None,
    weight_bits: int = 7,
    full_range: bool = False,
    progress: Progress | None = None,
) -> QuantizationReport:
    """Quantizes ``model`` on the samples in ``data`` (labels optional) and writes ``out``.

    ``like``: a build, or the architecture.onnx of one. As `quantize_model` in the rest.
    """
    from zkpot.compiler.frontend.quantizer import quantize_model  # loads onnxruntime

    say = progress or (lambda _line: None)
    samples = load_samples(data, labelled=False)
    made = quantize_model(
        model,
        samples.x,
        samples.y,
        weight_bits=weight_bits,
        full_range=full_range,
        like=None if like is None else architecture(like),
        progress=lambda stage, share: say(f"{stage} ({share:.0%})"),
    )
    atomic.write_bytes(out, made.model_bytes)
    return made.report


def architecture(like: Path) -> Path:
    """The ONNX file that ``like``, a build or a file, stands for."""
    if not like.is_dir():
        return like
    if not (like / RECORD).is_file():
        raise InputError(
            f"{like} is no build",
            why=f"there is no {RECORD} in it",
            remedy="name a folder that `zkpot compile` wrote, or an ONNX file",
        )
    return like / ARCHITECTURE
