"""From an int8 ONNX model to a BUILD folder: check against onnxruntime, lower, compile, write."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from zkpot.compiler.accumulators import HEADROOM, chosen_accumulators, refuse_out_of_range
from zkpot.compiler.circuit import Circuit, lower
from zkpot.compiler.errors import InputError, ZkpotError
from zkpot.compiler.frontend import Imported, import_model
from zkpot.compiler.ir import Quantization

from . import atomic
from .audit import remember_compiled
from .build import RECORD, Build, write_build
from .dataset import Samples
from .errors import KeyRefused
from .limits import refuse_too_large
from .manifest import MANIFEST, Trust, read_manifest
from .process import Progress

if TYPE_CHECKING:
    from zkpot.compiler.frontend.oracle_report import OracleReport

MOST_SAMPLES = 1_000_000
FULL_BITS = 8
RANDOM_SAMPLES, SEED = 256, 2025
Array = NDArray[np.generic]


class ModelMismatch(ZkpotError):
    """onnxruntime computes something else than the integers that would be proven."""

    exit_code = 1


@dataclass(frozen=True)
class Compiled:
    """A new build, and how its model compared with onnxruntime."""

    build: Build
    oracle: OracleReport

    @property
    def domain_power(self) -> int:
        """log2 of the rows: snarkjs's, one a constraint, a public signal, and the constant 1."""
        record = self.build.record
        return max(1, (record.constraints + record.public_signals).bit_length())

    def to_json(self) -> dict[str, Any]:
        """A JSON object: sizes and ids of the build, and the comparison with onnxruntime."""
        record = self.build.record
        return {
            "build": str(self.build.folder),
            "circuit_id": record.circuit_id,
            "samples": self.build.circuit.samples,
            "constraints": record.constraints,
            "public_signals": record.public_signals,
            "domain_power": self.domain_power,
            "oracle": self.oracle.to_json(),
        }


def lower_model(
    imported: Imported,
    samples: int,
    *,
    weight_bits: int | None = None,
    headroom: float = HEADROOM,
) -> Circuit:
    """The circuit for ``samples`` samples of an imported model.

    ``weight_bits``: declared width of the weights, 2 to 8; by default the model's metadata's, else
    8. ``headroom``: room for other contributors' accumulators, as a factor on this model's worst
    case; without effect where the metadata declare widths. Raises InputError, SoundnessError.
    """
    if not 1 <= samples <= MOST_SAMPLES:
        raise InputError(
            f"{samples} samples", why=f"1 to {MOST_SAMPLES} are possible", remedy="try 100"
        )
    bits = weight_bits or imported.weight_bits or FULL_BITS
    if not 2 <= bits <= FULL_BITS:
        raise InputError(f"{bits} weight bits", why="2 to 8 are possible", remedy="try 8")
    if headroom < 1:
        raise InputError(
            f"a headroom of {headroom}",
            why="below 1 the circuit has no room for this model's own worst case",
            remedy=f"leave it at {HEADROOM}",
        )
    graph, values, declared = imported.graph, imported.values, imported.accumulator_bits
    circuit = lower(graph, samples, bits, chosen_accumulators(graph, values, declared, headroom))
    refuse_out_of_range(circuit.graph, imported.values)
    return circuit


def check_model(model: Path, x: Array, imported: Imported | None = None) -> OracleReport:
    """Holds the integer semantics of ``model`` against onnxruntime on ``x``, samples first."""
    from zkpot.compiler.frontend.oracle import check_model as compare  # loads onnxruntime

    return compare(model, x, imported=imported)


def random_samples(quantization: Quantization, shape: Sequence[int], seed: int = SEED) -> Array:
    """Samples that cover the input's whole quantized interval, as the model takes them."""
    limits = np.iinfo(quantization.dtype)
    shape = (RANDOM_SAMPLES, *shape)
    drawn = np.random.default_rng(seed).integers(limits.min, limits.max + 1, shape)
    if quantization.scale is None:
        return drawn.astype(quantization.dtype)
    real = (drawn - quantization.zero_point).astype(np.float32) * np.float32(quantization.scale)
    return np.asarray(real, np.float32)


def compile_model(
    model: Path,
    samples: int,
    out: Path,
    *,
    calibration: Samples | None = None,
    weight_bits: int | None = None,
    headroom: float = HEADROOM,
    progress: Progress | None = None,
) -> Compiled:
    """Checks ``model`` against onnxruntime and writes the build ``out``, or nothing.

    Without ``calibration`` the check runs on random samples. Raises ModelMismatch where they
    differ by anything but a known fault of onnxruntime's kernels, InputError for a model or folder
    that can't be used, ToolError for Circom's failures.
    """
    from zkpot.compiler.frontend.architecture import strip_weights

    say = progress or (lambda _line: None)
    refuse_foreign(out)
    imported = import_model(model)
    circuit = lower_model(imported, samples, weight_bits=weight_bits, headroom=headroom)
    refuse_lost_keys(out, circuit)
    refuse_too_large(circuit)
    if imported.tabulated:
        say(f"public, as tables: the constants of {', '.join(map(repr, imported.tabulated))}")
    say("comparing the integers with onnxruntime")
    oracle = check_model(model, _inputs(imported, calibration), imported)
    if not oracle.compilable:
        raise ModelMismatch(
            f"{model}: onnxruntime computes something else than the integers to be proven",
            why=str(oracle),
            remedy="report it, with the model; a model from `zkpot quantize` is always exact",
        )
    build = write_build(
        circuit, imported.input_shape, strip_weights(model.read_bytes()), out, progress
    )
    remember_compiled(build)
    return Compiled(build, oracle)


def _inputs(imported: Imported, calibration: Samples | None) -> Array:
    if calibration is None:
        return random_samples(imported.graph.quantization, imported.input_shape)
    if calibration.x.shape[1:] != imported.input_shape:
        raise InputError(
            f"{calibration.path}: samples have shape {list(calibration.x.shape[1:])}",
            why=f"the model takes samples of shape {list(imported.input_shape)}",
            remedy="store x as the model takes it, samples first",
        )
    return calibration.x


def refuse_foreign(folder: Path) -> None:
    """Raises InputError unless ``folder`` is missing, empty, or a build already."""
    try:
        entries = os.listdir(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise atomic.output_error(folder, error) from error
    if entries and RECORD not in entries:
        raise InputError(
            f"{folder} holds other things than a build",
            why=f"there is {sorted(entries)[0]!r} in it, and no {RECORD}",
            remedy="name a new or an empty folder",
        )


def refuse_lost_keys(folder: Path, circuit: Circuit) -> None:
    """Raises InputError where writing ``circuit`` would remove another one's ceremony keys."""
    from .build import open_build

    if not (folder / MANIFEST).exists():
        return
    try:
        trust, previous = read_manifest(folder).trust, open_build(folder).circuit.id
    except (KeyRefused, InputError):
        return
    if trust is not Trust.DEV and previous != circuit.id:
        raise InputError(
            f"{folder} holds {trust} keys for another circuit",
            why="writing this build would remove them",
            remedy="choose another folder, or move the keys away first",
        )
