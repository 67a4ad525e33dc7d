"""The list of contributions in a .zkey, whose names strangers chose."""

from pathlib import Path

from zkpot.prover.transcript import read_contributions

from fuzz.mutate import plain, sections
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return read_contributions


TARGET = Target("circuit.zkey", prepare, (sections.mutated, sections.lying, plain.mutated))
