"""The engine's readers of .zkey files, the check against a circuit, and the contributions."""

from pathlib import Path

from zkpot.prover.engine.r1cs import read_r1cs
from zkpot.prover.engine.zkey import read_zkey_header, verification_key
from zkpot.prover.engine.zkey_check import check_zkey

from fuzz.mutate import plain, sections
from fuzz.target import CORPUS, Reader, Target


def prepare(_folder: Path) -> Reader:
    r1cs = read_r1cs(CORPUS / "r1cs" / "valid")

    def read(path: Path) -> None:
        read_zkey_header(path)
        verification_key(path)
        check_zkey(path, r1cs)

    return read


TARGET = Target(
    "circuit.zkey", prepare, (sections.mutated, sections.lying, plain.mutated), slow=True
)
