"""DATA.npz: a test set, or calibration data."""

from pathlib import Path

from zkpot.compiler.ir import Quantization
from zkpot.prover.dataset import duplicates, load_samples, prepared

from fuzz.mutate import archives
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    ways = (Quantization(2**-8, 0, "uint8"), Quantization(None, 1, "int8"))

    def read(path: Path) -> None:
        load_samples(path, labelled=False)
        samples = load_samples(path)
        for way in ways:
            duplicates(prepared(samples, (4,), way, classes=2, count=4))

    return read


TARGET = Target("data.npz", prepare, (archives.mutated,))
