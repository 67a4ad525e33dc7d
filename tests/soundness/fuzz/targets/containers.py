"""The section tables that guard every binary file before snarkjs or the engine sees it."""

from pathlib import Path

from zkpot.compiler.errors import ZkpotError
from zkpot.prover import binfile

from fuzz.mutate import plain, sections
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    checks = (
        binfile.read_r1cs_header,
        binfile.check_zkey,
        binfile.check_wtns,
        lambda path: binfile.section_bytes(path, "ptau", 1),
    )

    def read(path: Path) -> None:
        refused = None
        for check in checks:
            try:
                check(path)
            except ZkpotError as error:
                refused = error
            else:
                return
        assert refused is not None
        raise refused

    return read


TARGET = Target("file.bin", prepare, (sections.mutated, sections.lying, plain.mutated))
