"""The ONNX operators that are read, described by the readers' own docstrings and code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from types import CodeType, FunctionType
from typing import Any

import onnx

from . import movement, unary
from .operators import OPERATORS

RUN_BY_ONNXRUNTIME = (movement.__name__, unary.__name__)
"""Modules whose readers take any attribute, since onnxruntime makes the index or the table."""

REFUSED = "Refused"
"""How the description of a reader begins that only explains why it takes nothing."""


@dataclass(frozen=True)
class Supported:
    """One operator. ``domain``: "" for ONNX's own.

    ``form``: how it computes on integers. ``summary``: what the reader takes; ``limits``: the rest
    that its docstring says. ``attributes``: those that are taken, or refused by their value.
    """

    domain: str
    name: str
    form: str
    taken: bool
    summary: str
    limits: str
    attributes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return asdict(self)


def supported_operators() -> list[Supported]:
    """Every operator that `OPERATORS` names, by domain and name."""
    return [_described(*key) for key in sorted(OPERATORS)]


def _described(domain: str, name: str) -> Supported:
    reader = OPERATORS[domain, name]
    summary, limits = _words(reader)
    return Supported(
        domain,
        name,
        _form(name),
        not summary.startswith(REFUSED),
        summary,
        limits,
        tuple(sorted(_attributes(name, reader))),
    )


def _words(reader: Callable[..., Any]) -> tuple[str, str]:
    """The first line of the docstring, and the rest in one line."""
    first, _, rest = (inspect.getdoc(_function(reader)) or "").partition("\n")
    return first.strip(), " ".join(rest.split())


def _function(reader: Callable[..., Any]) -> Callable[..., Any]:
    return reader.func if isinstance(reader, partial) else reader


def _form(name: str) -> str:
    """The convention of ONNX's and onnxruntime's names for integer operators."""
    if name in ("QuantizeLinear", "DequantizeLinear"):
        return "quantization"
    if "Integer" in name or name.startswith("DynamicQuantize"):
        return "integer"
    if re.match(r"Q(Linear)?[A-Z]", name):
        return "QOperator"
    return "QDQ"


def _attributes(name: str, reader: Callable[..., Any]) -> set[str]:
    """Those that the reader names, and all where onnxruntime runs the node itself."""
    found = _known_attributes(name) & set(_texts(reader))
    if _function(reader).__module__ in RUN_BY_ONNXRUNTIME and onnx.defs.has(name):
        found |= set(onnx.defs.get_schema(name).attributes)
    return found


def _known_attributes(name: str) -> set[str]:
    """In any of ONNX's operator sets, of the operator or of the float one it is the integers of."""
    names = {name, name.removeprefix("QLinear"), name.removeprefix("Q")}
    schemas = onnx.defs.get_all_schemas_with_history()
    return {text for s in schemas if s.name in names for text in s.attributes}


def _texts(reader: Callable[..., Any]) -> Iterator[str]:
    """Every string constant in the code of ``reader`` and of what it calls in this package."""
    waiting, seen = list[object]([reader]), set[int]()
    while waiting:
        one = waiting.pop()
        if isinstance(one, partial):
            waiting += [one.func, *one.args, *one.keywords.values()]
        elif isinstance(one, str | tuple | frozenset):
            yield from _strings(one)
        elif isinstance(one, FunctionType) and id(one) not in seen and _is_ours(one):
            seen.add(id(one))
            waiting += [cell.cell_contents for cell in one.__closure__ or ()]
            for code in _codes(one.__code__):
                yield from _strings(code.co_consts)
                waiting += [one.__globals__.get(name) for name in code.co_names]


def _is_ours(function: FunctionType) -> bool:
    return function.__module__.startswith(__name__.rpartition(".")[0])


def _codes(code: CodeType) -> Iterator[CodeType]:
    """``code`` and the functions and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _strings(constant: object) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, tuple | frozenset):
        for one in constant:
            yield from _strings(one)
