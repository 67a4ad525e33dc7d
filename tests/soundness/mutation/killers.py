"""The criteria that a mutant is judged by, each by trials of its own.

Every trial asks what a test of this suite asks of the library as it is: `test_templates` about
meaning and refusal, `test_liars` about liars.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from liars import bits, conv, count, data, pool, requantize, wrapped
from liars.liar import Liar
from rig.calls import Call, inputs_of, source
from specimens.specimen import Specimen, Values
from zkpot.compiler.field import FIELD

import templates

from .definitions import Definitions, called, honest, split
from .mutants import Mutant
from .trials import Trial

LIARS: tuple[Liar, ...] = (
    *conv.LIARS,
    *bits.LIARS,
    *requantize.LIARS,
    *count.LIARS,
    *data.LIARS,
    *pool.LIARS,
    *wrapped.LIARS,
)
FEW, MANY = 1, 48
"""Honest inputs for each call, at first and where nothing has noticed."""


def reaches(name: str, among: Definitions) -> set[str]:
    """All that ``name`` calls, itself included."""
    found, waiting = {name}, [name]
    while waiting:
        new = {c for c in called(among[waiting.pop()]) if c in among} - found
        found |= new
        waiting += new
    return found


@cache
def subjects(where: str) -> tuple[str, ...]:
    """The template itself; for a function, the templates that use it."""
    if honest()[where].startswith("template"):
        return (where,)
    users = [n for n, text in honest().items() if where in called(text) and n != where]
    return tuple(dict.fromkeys(s for user in users for s in subjects(user)))


@cache
def specimens(where: str) -> tuple[Specimen, ...]:
    return tuple(one for one in templates.ALL if one.call.template in subjects(where))


def _means(call: Call, values: Values) -> dict[str, int]:
    meaning = templates.means(call, values)
    if meaning is None:
        return {}
    assert call.output is not None
    array = np.array(meaning, object).reshape(call.output)
    return {
        "c0_out" + "".join(f"[{i}]" for i in index): int(array[index]) % FIELD
        for index in np.ndindex(*call.output)
    }


def _trial(kind: Any, call: Call, values: Values, *, admitted: bool) -> Trial:
    outputs = _means(call, values) if admitted else {}
    return Trial(kind, _source(call), inputs_of([values], [call]), outputs, admitted)


@cache
def _source(call: Call) -> str:
    return source([call])


@cache
def draws(one: Specimen, count: int) -> tuple[Trial, ...]:
    """``count`` honest inputs, the same in every run."""
    rng = np.random.default_rng(zlib.crc32(repr(one.call).encode()))
    values = [one.draw(rng) for _ in range(count)]
    return tuple(_trial("meaning", one.call, v, admitted=True) for v in values)


@cache
def refusals(one: Specimen) -> tuple[Trial, ...]:
    return tuple(_trial("refusal", one.call, v, admitted=False) for v in one.refused)


@cache
def told_by_liars(where: str) -> tuple[Trial, ...]:
    """The liars about hints of the template."""
    return tuple(
        _told(one) for one in LIARS if any(h.template in subjects(where) for h in one.lies)
    )


@cache
def told_near(where: str) -> tuple[Trial, ...]:
    """The liars in whose scene the template is."""
    return tuple(_told(one) for one in LIARS if where in _scene(one))


def _told(liar: Liar) -> Trial:
    return Trial("liars", liar.scene.main, liar.scene.inputs, {}, False, liar.lies)


@cache
def _scenes() -> dict[str, set[str]]:
    return {one.scene.main: reaches("Main", {**honest(), **split(one.scene.main)}) for one in LIARS}


def _scene(liar: Liar) -> set[str]:
    return _scenes()[liar.scene.main]


def trials(mutant: Mutant, *, thorough: bool) -> Iterator[Trial]:
    """What ``mutant`` is put to: for each call of its template honest inputs, and what is just
    outside; liars about the template's hints, or in whose scene it is."""
    for one in specimens(mutant.where):
        if thorough or one.is_small:
            yield from draws(one, MANY if thorough else FEW)
            yield from refusals(one)
    yield from told_near(mutant.where) if thorough else told_by_liars(mutant.where)
