"""circuit.json: a publisher's model and what it is lowered with.

It is lowered anew, so this reaches every pass, with graphs that no importer would make.
"""

from pathlib import Path

from zkpot.prover.build import RECORD, open_build

from fuzz.mutate import documents
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return lambda path: open_build(path.parent)


TARGET = Target(RECORD, prepare, (documents.mutated,), slow=True)
