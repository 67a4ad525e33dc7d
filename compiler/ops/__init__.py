"""The primitives, by name."""

from __future__ import annotations

from ..ir import Node
from .add import Add
from .add_quantized import AddQuantized
from .base import Op
from .conv import Conv
from .conv_folded import ConvFolded
from .conv_freivalds import ConvFreivalds
from .conv_packed import ConvPacked
from .count_correct import CountCorrect
from .dense import Dense
from .max_pool import MaxPool
from .multiply import Multiply
from .public_data import PublicData
from .range_check import RangeCheck
from .requantize import Requantize
from .requantize_line import RequantizeLine
from .requantize_shift import RequantizeShift
from .requantize_table import RequantizeTable
from .scale import Scale
from .select import Select
from .sum_pool import SumPool
from .table import Table

_ALL: tuple[Op, ...] = (
    Add(),
    AddQuantized(),
    Conv(),
    ConvFolded(),
    ConvFreivalds(),
    ConvPacked(),
    CountCorrect(),
    Dense(),
    MaxPool(),
    Multiply(),
    PublicData(),
    RangeCheck(),
    Requantize(),
    RequantizeLine(),
    RequantizeShift(),
    RequantizeTable(),
    Scale(),
    Select(),
    SumPool(),
    Table(),
)

REGISTRY: dict[str, Op] = {op.name: op for op in _ALL}


def of(node: Node) -> Op:
    """The primitive that ``node`` is an instance of."""
    return REGISTRY[node.op]
