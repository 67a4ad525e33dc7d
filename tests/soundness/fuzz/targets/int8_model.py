"""Int8 ONNX models: imported, and lowered to a circuit for a few samples."""

from pathlib import Path

from zkpot.compiler.frontend import import_model
from zkpot.prover.compile_model import lower_model

from fuzz.mutate import models
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return lambda path: lower_model(import_model(path), samples=3)


TARGET = Target("model.onnx", prepare, (models.mutated,), slow=True)
