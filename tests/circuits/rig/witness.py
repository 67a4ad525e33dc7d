"""Witnesses by signal name: made by a circuit's own generator, judged by a circuit's equations."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from zkpot.compiler.field import FIELD
from zkpot.prover import snarkjs
from zkpot.prover.binfile import section_bytes

from .build import Built

Witness = dict[str, int]
"""Value of every signal that the circuit it was made by has a wire for."""


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return str(int(value) % FIELD)


def solve(built: Built, inputs: Mapping[str, Any]) -> Witness:
    """What the witness generator computes; WitnessError where one of its assertions fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "input.json").write_text(json.dumps({k: _plain(v) for k, v in inputs.items()}))
        snarkjs.calculate_witness(built.wasm, folder / "input.json", folder / "main.wtns")
        raw = section_bytes(folder / "main.wtns", "wtns", 2)
    values = [int.from_bytes(raw[i : i + 32], "little") for i in range(0, len(raw), 32)]
    return {name: values[wire] for name, wire in built.names.items() if wire >= 0}


def complaints(built: Built, witness: Mapping[str, int]) -> list[set[str]]:
    """For each constraint of ``built`` that ``witness`` violates, the signals in it."""
    values = [1] * built.equations.wires
    for name, wire in built.names.items():
        if wire >= 0:
            values[wire] = witness[name]
    rows = built.equations.violated(values)
    return [{built.wires[w] for w in built.equations.wires_of(row)} for row in rows]


def signed(value: int) -> int:
    """The representative of a field element that is nearest to zero."""
    return value if value <= FIELD // 2 else value - FIELD


def tensor(witness: Mapping[str, int], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The integers of ``name`` in ``witness``, as an object array of ``shape``."""
    found = np.empty(shape, object)
    for index in np.ndindex(*shape):
        found[index] = signed(witness[name + "".join(f"[{i}]" for i in index)])
    return found
