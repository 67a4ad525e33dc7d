"""What the circuit compiler can hold, told before it starts."""

from __future__ import annotations

from zkpot.compiler.circuit import Circuit, costs
from zkpot.compiler.errors import InputError

CIRCOM_BYTES = 1 << 32
"""circom2 is a WebAssembly program: 32-bit addresses."""

FIXED, PARAMETER, OTHER = 130e6, 2280, 790
"""Bytes of circom2 0.2.23's largest size under --O1: in all, a constraint of the parameters' range
checks and commitment, and any other constraint. Fitted to LeNet-5 with 1 and with 16 samples
(649,883 and 2,762,658 constraints: 1.39 and 3.05 GB)."""


def circom_bytes(circuit: Circuit) -> int:
    """What compiling ``circuit`` will take, roughly: within a fifth on the circuits measured."""
    parameters = {p.name for p in circuit.graph.parameters} | {"commitment cm"}
    found = FIXED
    for part in costs(circuit):
        found += part.constraints * (PARAMETER if part.name in parameters else OTHER)
    return int(found)


def most_samples(circuit: Circuit) -> int:
    """The largest number of samples, below the circuit's own, that fits; 0 if none does."""
    low, high = 0, circuit.samples
    while high - low > 1:
        middle = (low + high) // 2
        fits = circom_bytes(circuit.resized(middle)) <= CIRCOM_BYTES
        low, high = (middle, high) if fits else (low, middle)
    return low


def refuse_too_large(circuit: Circuit) -> None:
    """Raises InputError if circom2 would run out of memory on ``circuit``, with what would fit."""
    needed = circom_bytes(circuit)
    if needed <= CIRCOM_BYTES:
        return
    most = most_samples(circuit)
    raise InputError(
        f"a circuit for {circuit.samples} samples of this model doesn't fit circom2",
        why=f"compiling it would take about {needed / 1e9:.1f} GB, and circom2, a WebAssembly "
        "program, can address 4.3",
        remedy=f"compile it for at most {most} samples, and prove larger sets in several proofs"
        if most
        else "use a smaller model: not even one sample fits; zkpot explain says what costs most",
    )
