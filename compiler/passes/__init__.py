"""The pipeline, in order: each pass states what it requires and what it ensures."""

from __future__ import annotations

from collections.abc import Callable

from ..evaluation import append_evaluation
from ..program import Program
from .drop_dead import drop_dead
from .first_layer import first_layer
from .lower_add import lower_add
from .lower_requantize import lower_requantize
from .slot_intervals import slot_intervals

PIPELINE: tuple[Callable[[Program], Program], ...] = (
    lower_add,
    lower_requantize,
    append_evaluation,
    drop_dead,
    first_layer,
    slot_intervals,
)
