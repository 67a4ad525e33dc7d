"""What a circuit will cost, known from the model alone: sizes exactly, time and memory measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkpot.compiler.circuit import Circuit, costs
from zkpot.compiler.frontend import import_model
from zkpot.compiler.sizes import circuit_size

from .build import RECORD, open_build
from .compile_model import MOST_SAMPLES, check_model, lower_model
from .dataset import load_samples

if TYPE_CHECKING:
    from zkpot.compiler.frontend.oracle_report import OracleReport

G1_BYTES, G2_BYTES, COEFFICIENT_BYTES = 64, 128, 44
HEADERS = 868
"""Bytes of a development key outside of its point and coefficient sections."""


@dataclass(frozen=True)
class Rate:
    """CPU seconds or bytes: ``fixed``, and more for each wire and each row of the domain."""

    fixed: float
    wire: float
    row: float

    def of(self, wires: int, rows: int) -> float:
        """For a circuit of that many wires in a domain of that many rows."""
        return self.fixed + self.wire * wires + self.row * rows


# Fitted to digits 64-32-10 with 8, 20, 100 and 200 samples (29,707 to 233,493 constraints) on two
# cores of a virtual machine: compile 7.6 to 31 CPU seconds; the development setup, its numba cache
# warm, 2.1 to 12.5; witness and proof 8.2 to 36; memory of the largest process 0.35 to 0.85 GB.
COMPILE = Rate(4.2, 118e-6, 0.0)
SETUP = Rate(0.6, 51e-6, 0.0)
PROVE = Rate(4.0, 80e-6, 50e-6)
MEMORY = Rate(283e6, 1500.0, 800.0)
MEASURED_ON = "fitted to four real runs on two cores of a virtual machine: expect a factor of two"


@dataclass(frozen=True)
class Part:
    """One line of the cost table. ``share``: of all constraints, 0 to 1."""

    name: str
    op: str
    constraints: int
    share: float


@dataclass(frozen=True)
class Seconds:
    """CPU seconds of each stage."""

    compile: float
    setup: float
    prove: float


@dataclass(frozen=True)
class Estimate:
    """``constraints`` is exact; ``nonzeros`` within a percent; ``seconds`` and memory are guesses.

    ``ptau_power``: the least powers of tau that serve. ``largest_samples_in_domain``: how many
    samples fit before proving gets twice as dear.
    """

    samples: int
    constraints: int
    nonzeros: int
    public_signals: int
    domain_power: int
    ptau_power: int
    largest_samples_in_domain: int
    zkey_bytes: int
    memory_bytes: int
    seconds: Seconds
    nodes: tuple[Part, ...]

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return asdict(self)


def estimate(circuit: Circuit) -> Estimate:
    """The cost of ``circuit``; nothing is compiled."""
    found, size = costs(circuit), circuit_size(circuit)
    constraints = sum(part.constraints for part in found)
    power = domain_power(circuit)
    rows, signals = 1 << power, circuit.public_signals
    points = (2 * G1_BYTES + G2_BYTES) * size.wires + G1_BYTES * (size.wires + rows)
    return Estimate(
        samples=circuit.samples,
        constraints=constraints,
        nonzeros=size.nonzeros,
        public_signals=signals,
        domain_power=power,
        ptau_power=power,
        largest_samples_in_domain=largest_samples(circuit, power),
        zkey_bytes=HEADERS + points + COEFFICIENT_BYTES * (size.factors + signals + 1),
        memory_bytes=int(MEMORY.of(size.wires, rows)),
        seconds=Seconds(*(round(r.of(size.wires, rows), 1) for r in (COMPILE, SETUP, PROVE))),
        nodes=tuple(
            Part(part.name, part.op, part.constraints, part.constraints / constraints)
            for part in found
        ),
    )


def domain_power(circuit: Circuit) -> int:
    """log2 of the rows: snarkjs's, one a constraint, a public signal, and the constant 1."""
    rows = sum(part.constraints for part in costs(circuit)) + circuit.public_signals
    return max(1, rows.bit_length())


def largest_samples(circuit: Circuit, power: int) -> int:
    """The most samples with which ``circuit``'s model still fits a domain of 2^``power``.

    Costs grow with the number of samples. Layers are lowered anew for each number tried, as the
    best way to prove them depends on it.
    """
    return _last(lambda n: domain_power(circuit.resized(n)) <= power, circuit.samples)


def _last(fits: Callable[[int], bool], known: int) -> int:
    """The last n up to MOST_SAMPLES at which the monotone ``fits`` holds; it does at ``known``."""
    low, high = known, known + 1
    while high <= MOST_SAMPLES and fits(high):
        low, high = high, 2 * high
    high = min(high, MOST_SAMPLES + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def estimate_model(
    model: Path, samples: int, *, weight_bits: int | None = None, headroom: float | None = None
) -> Estimate:
    """`estimate` for an int8 ONNX file."""
    return estimate(circuit_of(model, samples, weight_bits=weight_bits, headroom=headroom))


def circuit_of(
    source: Path,
    samples: int | None = None,
    *,
    weight_bits: int | None = None,
    headroom: float | None = None,
) -> Circuit:
    """The circuit of a BUILD folder (``samples`` may differ from the build's) or of a model."""
    if (source / RECORD).exists():
        circuit = open_build(source).circuit
        return circuit.resized(samples) if samples else circuit
    options = {} if headroom is None else {"headroom": headroom}
    return lower_model(import_model(source), samples or 1, weight_bits=weight_bits, **options)


def compared(model: Path, calibration: Path) -> OracleReport:
    """How ``model`` compares with onnxruntime on the samples in ``calibration``."""
    return check_model(model, load_samples(calibration, labelled=False).x)
