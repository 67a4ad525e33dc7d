"""The engine's reader of .r1cs files, and what a setup makes of one first."""

from pathlib import Path

from zkpot.prover.engine.qap import coefficient_records
from zkpot.prover.engine.r1cs import r1cs_info, read_r1cs

from fuzz.mutate import plain, sections
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    def read(path: Path) -> None:
        info, r1cs = r1cs_info(path), read_r1cs(path)
        assert info.nonzeros == len(r1cs.a) + len(r1cs.b) + len(r1cs.c)
        coefficient_records(r1cs, threads=1)
        bytearray(32 * r1cs.n_wires)  # a column of field elements, as a setup has several

    return read


TARGET = Target("circuit.r1cs", prepare, (sections.mutated, sections.lying, plain.mutated))
