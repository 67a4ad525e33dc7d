"""For every template of circuits/ a few calls that reach each of its branches, at small parameters.

`CALLS` has them by template; `inputs` draws honest inputs, `means` says in integers what they lead
to, `refused` lists inputs just outside of what the template documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from rig.build import library
from rig.calls import Call
from rig.twin import uncommented
from specimens import arithmetic, bits, choosing, hashing, linear, requantizing
from specimens.specimen import Specimen, Values

ALL: tuple[Specimen, ...] = (
    *bits.SPECIMENS,
    *arithmetic.SPECIMENS,
    *hashing.SPECIMENS,
    *requantizing.SPECIMENS,
    *choosing.SPECIMENS,
    *linear.SPECIMENS,
)
_TEMPLATE = re.compile(r"\btemplate\s+(\w+)\s*\(")
_BY_CALL = {one.call: one for one in ALL}


def _grouped() -> dict[str, tuple[Call, ...]]:
    found: dict[str, tuple[Call, ...]] = {}
    for one in ALL:
        if one.is_small:
            found[one.call.template] = (*found.get(one.call.template, ()), one.call)
    return found


CALLS: Mapping[str, tuple[Call, ...]] = _grouped()
"""Template name to its small calls."""


def present() -> set[str]:
    """The name of every template in circuits/."""
    return {name for text in library().values() for name in _TEMPLATE.findall(uncommented(text))}


def missing() -> set[str]:
    """Templates without a call."""
    return present() - set(CALLS)


def inputs(call: Call, rng: np.random.Generator) -> Values:
    """Honest inputs, one array or integer for each signal of ``call``."""
    return _BY_CALL[call].draw(rng)


def means(call: Call, values: Values) -> Any:
    """What ``call`` puts out on ``values``, or None if it has no output."""
    one = _BY_CALL[call]
    return None if one.means is None else one.means(*values)


def refused(call: Call) -> tuple[Values, ...]:
    """Inputs that no assignment may satisfy."""
    return _BY_CALL[call].refused
