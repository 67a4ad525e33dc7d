"""WebAssembly modules: their sections fill the file."""

from pathlib import Path

from zkpot.prover.binfile import check_wasm

from fuzz.mutate import plain
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return check_wasm


TARGET = Target("circuit.wasm", prepare, (plain.mutated,))
