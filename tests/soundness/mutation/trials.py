"""What a mutant is put to: inputs to a small circuit, told honestly or with a lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from rig.twin import Hint, _lied, _unchecked

from .definitions import split

Kind = Literal["meaning", "refusal", "liars", "freed"]
"""The criterion that a trial belongs to:

- meaning: honest inputs are accepted, and lead to the outputs that the template's meaning says;
- refusal: inputs outside of what the template documents are refused;
- liars: a liar of liars/ is caught;
- freed: inputs that are to be refused aren't satisfied by fitting one signal to each violation.
"""


@dataclass(frozen=True, eq=False)
class Trial:
    """``main``: a circuit's text. ``outputs``: what it means, by signal name."""

    kind: Kind
    main: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, int] = field(default_factory=dict)
    admitted: bool = True
    lies: Mapping[Hint, str] = field(default_factory=dict)


def convicts(trial: Trial, outputs: Mapping[str, int], *, accepted: bool) -> bool:
    """Whether a library whose equations say ``accepted`` to the trial's witness is broken."""
    is_right = all(outputs[name] == value for name, value in trial.outputs.items())
    if trial.kind == "meaning":
        return not (accepted and is_right)
    return accepted and not (trial.admitted and is_right)


_FREE: dict[str, str] = {}


def unchecked(text: str) -> str:
    """``text`` without `===`, and with `<--` for `<==`."""
    if text not in _FREE:
        _FREE[text] = _unchecked(text) if text.lstrip().startswith("template") else text
    return _FREE[text]


@cache
def _main(text: str) -> dict[str, str]:
    return split(text)


def told(definitions: Mapping[str, str], trial: Trial) -> dict[str, str]:
    """All of ``definitions`` and of the trial's main without checks, its lies in place."""
    found = dict(definitions) | _main(trial.main)
    for hint, lie in trial.lies.items():
        found[hint.template] = _lied(found[hint.template], {hint: lie})
    return found
