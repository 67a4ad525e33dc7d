"""What a target of the fuzzer is: one reader of a file that somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from random import Random

from . import targets

Reader = Callable[[Path], object]
"""Reads one file; anything but a `ZkpotError` that comes out of it is a crash."""

Mutator = Callable[[Random, bytes, Sequence[bytes]], bytes]
"""Another input, from one of the corpus and, to take parts from, the corpus."""

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Target:
    """``file``: the name that the reader's file has. ``prepare``: imports the reader, and makes in
    a folder of its own what it needs besides the file, once. ``mutators``: one is drawn for each
    input; one that knows the format may stand there several times. ``slow``: an execution takes
    milliseconds."""

    file: str
    prepare: Callable[[Path], Reader]
    mutators: tuple[Mutator, ...]
    slow: bool = False


def names() -> list[str]:
    """Every target: a module in `targets` each."""
    return sorted(module.name for module in iter_modules(targets.__path__))


def target(name: str) -> Target:
    """The target of that name."""
    found = import_module(f"{targets.__name__}.{name}").TARGET
    assert isinstance(found, Target)
    return found


def corpus(name: str) -> dict[str, bytes]:
    """The kept inputs of a target, by file name."""
    return {path.name: path.read_bytes() for path in sorted((CORPUS / name).iterdir())}
