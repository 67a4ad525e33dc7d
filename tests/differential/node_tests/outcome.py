"""Runs one node test."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend.oracle import check_model

from .cases import Case
from .unwrappable import Unwrappable
from .wrapping import Grid, wrapped

POWERS = Grid("uint8", powers=True)
ANY = Grid("int8", powers=False)


def refused(case: Case, grid: Grid, folder: Path) -> str | None:
    """Why ``case`` can't be imported; None if it can, and agrees with onnxruntime in every value.

    AssertionError where it does not agree.
    """
    path = folder / "case.onnx"
    try:
        model, x = wrapped(case, grid)
        onnx.save(model, str(path))
        report = check_model(path, x)
    except Unwrappable as error:
        return str(error)
    except InputError as error:
        return _reason(error)
    assert report.ok, f"{case.name}: {report}"
    return None


def _reason(error: InputError) -> str:
    """The operator and the reason, without the names of files and nodes."""
    operator = re.search(r"\((\w+)\) can't be compiled", error.what)
    if operator is not None:
        return f"{operator[1]}: {error.why}"
    plain = "onnx doesn't accept it" if "not a valid ONNX model" in error.what else error.what
    return f"{plain}: {error.why}"
