"""Float ONNX models, as `zkpot quantize` reads them."""

from pathlib import Path

from zkpot.compiler.frontend.float_model import read_float_model

from fuzz.mutate import models
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return read_float_model


TARGET = Target("model.onnx", prepare, (models.mutated,), slow=True)
