"""keys.json: what a publisher says of its keys."""

from pathlib import Path

from zkpot.prover.manifest import MANIFEST, read_manifest

from fuzz.mutate import documents
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    def read(path: Path) -> None:
        assert str(read_manifest(path.parent).beacon)

    return read


TARGET = Target(MANIFEST, prepare, (documents.mutated,))
