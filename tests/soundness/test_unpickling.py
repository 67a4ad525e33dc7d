"""A pickle is a program. None is ever run, wherever somebody puts one into a data file."""

from __future__ import annotations

import ast
import io
import pickle
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tally import counted
from zkpot.compiler.errors import InputError
from zkpot.prover.dataset import load_samples


class Trap:
    """Creates the file ``mark`` when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


def object_array(trap: Trap) -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.array([[trap]], object), y=np.zeros(1, np.int64))
    return file.getvalue()


def labels_of_objects(trap: Trap) -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.zeros((1, 1)), y=np.array([trap], object))
    return file.getvalue()


def pickled_member(trap: Trap) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", pickle.dumps(trap))
        archive.writestr("y.npy", pickle.dumps(trap))
    return file.getvalue()


def bare_pickle(trap: Trap) -> bytes:
    return pickle.dumps(trap)


def pickle_before_an_archive(trap: Trap) -> bytes:
    """zipfile looks at a file's end, numpy.load at its beginning: a file can be both."""
    file = io.BytesIO()
    np.savez(file, x=np.zeros((1, 1)), y=np.zeros(1, np.int64))
    return pickle.dumps(trap) + file.getvalue()


ATTACKS = (object_array, labels_of_objects, pickled_member, bare_pickle)


def test_the_trap_works(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(object_array(Trap(tmp_path / "mark")))
    with np.load(path, allow_pickle=True) as arrays:
        arrays["x"]
    assert (tmp_path / "mark").exists()


@counted("attacks")
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_pickle_in_a_data_file_is_refused_unread(
    attack: Callable[[Trap], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(attack(Trap(tmp_path / "mark")))
    with pytest.raises(InputError, match="npz file of plain numbers"):
        load_samples(path)
    assert not (tmp_path / "mark").exists()


@counted("attacks")
def test_a_pickle_before_an_archive_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(pickle_before_an_archive(Trap(tmp_path / "mark")))
    assert load_samples(path).x.shape == (1, 1)
    assert not (tmp_path / "mark").exists()


# the sources


UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
READERS = {"load", "read_array", "open_memmap"}
"""Functions of numpy that read npy files; np.memmap and np.fromfile know raw bytes only."""


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for package in ("compiler", "consensus", "prover", "cli"):
        spec = find_spec(f"zkpot.{package}")
        assert spec is not None and spec.origin is not None
        for path in Path(spec.origin).parent.rglob("*.py"):
            yield path, ast.parse(path.read_text())


def test_nothing_that_unpickles_is_imported() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert UNPICKLERS.isdisjoint(name.partition(".")[0] for name in names), path


def test_numpy_is_always_told_not_to_unpickle() -> None:
    calls = [
        (path, node)
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in READERS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"np", "numpy", "npy", "format"}
    ]
    assert calls, "arrays are read somewhere, and not by this name any more"
    for path, call in calls:
        told = {k.arg: k.value for k in call.keywords}.get("allow_pickle")
        assert isinstance(told, ast.Constant) and told.value is False, f"{path}:{call.lineno}"
