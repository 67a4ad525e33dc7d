"""The pipeline, in order: each pass states what it requires and what it ensures."""

from __future__ import annotations

from collections.abc import Callable

from ..evaluation import append_evaluation
from ..program import Program
from .dense_as_conv import dense_as_conv
from .drop_dead import drop_dead
from .lower_add import lower_add
from .lower_requantize import lower_requantize
from .lower_select import lower_select
from .pool_first import pool_first
from .products import products
from .public_data import public_data
from .slot_intervals import slot_intervals
from .trim import trim

PIPELINE: tuple[Callable[[Program], Program], ...] = (
    dense_as_conv,
    lower_add,
    lower_select,
    trim,
    pool_first,
    lower_requantize,
    append_evaluation,
    drop_dead,
    public_data,
    slot_intervals,
    products,
)
