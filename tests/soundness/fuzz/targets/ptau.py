"""Powers-of-tau files, before snarkjs gets them."""

from pathlib import Path

from zkpot.prover.binfile import R1csHeader
from zkpot.prover.ptau import require_ptau

from fuzz.mutate import plain, sections
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    circuit = R1csHeader(2, 1, 0, 0, 2, constraints=0)
    return lambda path: require_ptau(path, circuit)


TARGET = Target("powers.ptau", prepare, (sections.mutated, sections.lying, plain.mutated))
