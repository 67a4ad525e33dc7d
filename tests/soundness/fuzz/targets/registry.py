"""A round's registry of commitments, and the beacon's value that is made of it."""

from pathlib import Path

from zkpot.consensus.beacon import beacon_value
from zkpot.consensus.registry import read_registry

from fuzz.mutate import documents
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return lambda path: beacon_value(read_registry(path), bytes(32))


TARGET = Target("registry.json", prepare, (documents.mutated,))
