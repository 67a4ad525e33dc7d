"""architecture.onnx: the scales of a task, as `zkpot quantize --like` takes them."""

from pathlib import Path

from zkpot.compiler.frontend.task import read_task

from fuzz.mutate import models
from fuzz.target import Reader, Target


def prepare(_folder: Path) -> Reader:
    return read_task


TARGET = Target("architecture.onnx", prepare, (models.mutated,), slow=True)
