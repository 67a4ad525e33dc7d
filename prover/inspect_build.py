"""What an auditor asks of a build: is it its architecture's circuit, does it leave a choice?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkpot.compiler.errors import InputError

from .audit import audit_circuit, audit_keys
from .build import R1CS, open_build
from .keys import load_keys
from .manifest import MANIFEST
from .process import Progress


@dataclass(frozen=True)
class Determined:
    """What the constraints of one R1CS determine, given its inputs.

    ``open_outputs``: outputs that could not be shown to be; ``open_signals``: inner signals, by the
    last part of their names, and how many of each.
    """

    constraints: int
    signals: int
    decided: int
    outputs: tuple[str, ...]
    open_outputs: tuple[str, ...]
    open_signals: Mapping[str, int]


@dataclass(frozen=True)
class Inspection:
    """``circuit_id`` and ``recompiled`` are None for a file that is not in a build; ``trust`` and
    ``vk_sha256`` where there are no keys."""

    determined: Determined
    circuit_id: str | None = None
    recompiled: bool | None = None
    vk_sha256: str | None = None
    trust: str | None = None

    @property
    def sound(self) -> bool:
        """Whether every output is determined."""
        return not self.determined.open_outputs

    def to_json(self) -> dict[str, Any]:
        """What ``zkpot audit --json`` prints."""
        found = self.determined
        return {
            "sound": self.sound,
            "constraints": found.constraints,
            "signals": found.signals,
            "decided": found.decided,
            "outputs": list(found.outputs),
            "open_outputs": list(found.open_outputs),
            "open_signals": dict(found.open_signals),
            "circuit_id": self.circuit_id,
            "recompiled": self.recompiled,
            "vk_sha256": self.vk_sha256,
            "trust": self.trust,
        }


def inspect(source: Path, progress: Progress | None = None) -> Inspection:
    """A build, compiled again and compared, with its keys if it has any; or a lone .r1cs file.

    Raises InputError for what is neither, and for a build that is not what it says.
    """
    if source.is_file():
        return Inspection(_determined(source))
    build = open_build(source)
    audit_circuit(build, progress)
    found = _determined(build.file(R1CS))
    if not (source / MANIFEST).exists():
        return Inspection(found, build.circuit.id, recompiled=True)
    keys = load_keys(source)
    if keys.zkey is not None:
        audit_keys(build, keys)
    trust, digest = str(keys.manifest.trust), keys.manifest.vk_sha256
    return Inspection(found, build.circuit.id, recompiled=True, vk_sha256=digest, trust=trust)


def _determined(r1cs: Path) -> Determined:
    from .uniqueness import System, decide  # numba takes a second to load

    sym = r1cs.with_suffix(".sym")
    try:
        system = System.read(r1cs, sym if sym.is_file() else None)
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{sym} is no table of signal names",
            why=str(error),
            remedy="compile the circuit again (circom --sym)",
        ) from error
    decision = decide(system)
    open_outputs = {system.name(w) for w in decision.open_outputs}
    inner = (name for name in decision.names if name not in open_outputs)
    counts = Counter(re.sub(r"\[.*|.*\.", "", name) for name in inner)
    return Determined(
        len(system.rows),
        decision.total,
        decision.decided,
        tuple(system.name(w) for w in system.outputs),
        tuple(sorted(open_outputs)),
        dict(sorted(counts.items())),
    )
