"""A circuit record that describes what no model is imported as: refused before it is lowered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rig.models import shifted
from tally import counted
from zkpot.compiler.errors import ZkpotError
from zkpot.compiler.record import from_record

BOTH = [-5000, *[5000] * 128, -5000, *[5000] * 127]
"""Thresholds by which steps 0 and 129 both hold every accumulator: two outputs, so two counts."""


def ambiguous(record: dict[str, Any]) -> None:
    for node in record["model"]["nodes"]:
        if node["op"] == "requantize":
            node["op"] = "requantize_table"
            node["attrs"] = {"thresholds": [BOTH], "lo": 0, "hi": 255, "bits": 15}


def narrow(record: dict[str, Any]) -> None:
    """Slots would be sized for data of one value."""
    record["model"]["data"].update(lo=0, hi=0)


def unchecked(record: dict[str, Any]) -> None:
    """A layer whose slots the record chooses."""
    for node in record["model"]["nodes"]:
        if node["op"] == "dense":
            node["op"] = "conv_packed"


def unknown(record: dict[str, Any]) -> None:
    record["model"]["nodes"][0]["op"] = "trust_me"


def twice(record: dict[str, Any]) -> None:
    first, second = record["model"]["parameters"][:2]
    second["name"] = first["name"]


@counted("attacks")
@pytest.mark.parametrize("change", [ambiguous, narrow, unchecked, unknown, twice])
def test_a_record_of_what_is_no_model(change: Callable[[dict[str, Any]], None]) -> None:
    record = json.loads(json.dumps(shifted().circuit.to_json()))
    assert from_record(record) == shifted().circuit
    change(record)
    with pytest.raises(ZkpotError):
        from_record(record)
