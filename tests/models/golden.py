"""What each network's circuit costs, node by node: kept in costs/ so that a change is reviewed.

`python -m tests.models.golden` writes the tables anew.
"""

from __future__ import annotations

from pathlib import Path

from zkpot.compiler.circuit import costs
from zkpot.compiler.frontend import import_model
from zkpot.compiler.sizes import circuit_size
from zkpot.prover.compile_model import lower_model

HERE = Path(__file__).parent
NETWORKS = ("depthwise", "lenet_avg", "lenet_max", "resnet", "vgg")
SAMPLES = 4


def table(network: str) -> str:
    """The costs of ``network`` as `zkpot quantize` wrote it, for `SAMPLES` samples."""
    circuit = lower_model(import_model(HERE / "zkpot" / f"{network}.onnx"), SAMPLES)
    parts = costs(circuit)
    rows = [f"{part.constraints:>9} {part.op:<18} {part.name}" for part in parts]
    whole, size = sum(part.constraints for part in parts), circuit_size(circuit)
    head = [
        f"{network}, {SAMPLES} samples",
        f"{whole} constraints, {size.nonzeros} non-zeros, {circuit.public_signals} public signals",
    ]
    return "\n".join([*head, *rows, ""])


def kept(network: str) -> Path:
    """The file of ``network``'s table."""
    return HERE / "costs" / f"{network}.txt"


def main() -> None:
    """Writes every table."""
    for network in NETWORKS:
        kept(network).write_text(table(network))


if __name__ == "__main__":
    main()
