"""One call of a template at small parameters, with honest inputs and its meaning in integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rig.calls import Call

Values = list[Any]
"""One array, or one integer, for each input signal of a call."""


@dataclass(frozen=True, eq=False)
class Specimen:
    """``means`` is None where a template has no output: it only refuses."""

    call: Call
    draw: Callable[[np.random.Generator], Values]
    means: Callable[..., Any] | None = None
    refused: tuple[Values, ...] = ()
    """Inputs just outside of what is documented: no assignment may satisfy."""
    is_small: bool = True
    """Whether a solver can be expected to treat it."""


def integers(lo: int, hi: int, *shape: int) -> Callable[[np.random.Generator], Values]:
    """One input of ``shape`` in [lo, hi]; bounds of any size."""

    def draw(rng: np.random.Generator) -> Values:
        count = int(np.prod(shape))
        span = hi - lo + 1
        found = [lo + int.from_bytes(rng.bytes(40), "big") % span for _ in range(count)]
        return [np.array(found, object).reshape(shape) if shape else found[0]]

    return draw


def joined(
    *parts: Callable[[np.random.Generator], Values],
) -> Callable[[np.random.Generator], Values]:
    """The inputs that ``parts`` draw, one after the other."""
    return lambda rng: [value for part in parts for value in part(rng)]
