"""Powers-of-tau files: may this one serve that circuit?"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from zkpot.prover.binfile import BASE_FIELD, R1csHeader, read_sections, section_bytes
from zkpot.prover.errors import PtauError

G1, G2 = 64, 128
"""Bytes of an uncompressed point."""
_STEP = (9 * G1 + 5 * G2) + 216 + 64
"""Bytes of a contribution before its kind: points, public key, and the hash's two states."""
_BEACON = 1

MAX_POWER = 28
"""log2 of the largest power of two that divides the scalar field's order minus one."""


@dataclass(frozen=True)
class Ptau:
    """``power``: log2 of the largest domain the file serves. ``prepared``: for phase 2."""

    path: Path
    power: int
    prepared: bool


def read_ptau(path: Path) -> Ptau:
    """Header facts of a whole ptau file. Raises BadBinaryFile, and PtauError for other curves."""
    sections = read_sections(path, "ptau")
    header = section_bytes(path, "ptau", 1)
    if len(header) != 44 or int.from_bytes(header[4:36], "little") != BASE_FIELD:
        raise PtauError(
            f"{path} can't be used",
            why="it is over another curve than BN254 (bn128)",
            remedy="use a powers-of-tau file for bn128",
        )
    power: int = struct.unpack_from("<I", header, 36)[0]
    if power > MAX_POWER:
        why = f"it claims to serve 2^{power} rows, and BN254 has no domain beyond 2^{MAX_POWER}"
        raise PtauError(f"{path} can't be used", why=why, remedy="fetch it again")
    for kind, size in _sizes(power).items():
        if kind in sections and sections[kind].size != size:
            why = f"section {kind} has {sections[kind].size} bytes instead of {size}"
            raise PtauError(f"{path} contradicts itself", why=why, remedy="fetch it again")
    return Ptau(path, power, prepared=_sizes(power).keys() <= sections.keys())


def _sizes(power: int) -> dict[int, int]:
    """Section sizes at ``power``: the powers themselves, then each level's Lagrange basis."""
    one, two = 1 << power, 2 << power
    return {
        2: (two - 1) * G1,
        3: one * G2,
        4: one * G1,
        5: one * G1,
        6: G2,
        12: (2 * two - 1) * G1,
        13: (two - 1) * G2,
        14: (two - 1) * G1,
        15: (two - 1) * G1,
    }


def require_ptau(path: Path, circuit: R1csHeader) -> Ptau:
    """The ptau, if it serves the circuit; else PtauError naming both powers, or what's missing."""
    ptau = read_ptau(path)
    if ptau.power < circuit.domain_power:
        raise PtauError(
            f"{path} is too small for this circuit",
            why=f"it serves 2^{ptau.power} rows, and the circuit's {circuit.constraints} "
            f"constraints need 2^{circuit.domain_power}",
            remedy=f"use a powers-of-tau file of power {circuit.domain_power} or more",
        )
    if not ptau.prepared:
        raise PtauError(
            f"{path} can't be used yet",
            why="it is not prepared for phase 2",
            remedy="run `npx snarkjs powersoftau prepare phase2` on it, or fetch a prepared one",
        )
    _require_secret(path)
    return ptau


def _require_secret(path: Path) -> None:
    """Refuses powers of a tau that is public: with it, and any key made of it, anyone forges.

    A file can tell of contributions that nobody made (`snarkjs powersoftau verify` checks them);
    one without any has tau = 1, at which `check_key` refuses what is made of it.
    """
    kinds = _contribution_kinds(path)
    if kinds and all(kind == _BEACON for kind in kinds):
        raise PtauError(
            f"{path} must not be used",
            why="nobody contributed a secret to it; a beacon is public",
            remedy="fetch the powers of tau of a public ceremony",
        )


def _contribution_kinds(path: Path) -> list[int]:
    content = section_bytes(path, "ptau", 7)
    try:
        (count,) = struct.unpack_from("<I", content)
        found, end = [], 4
        for _ in range(count):
            kind, length = struct.unpack_from("<II", content, end + _STEP)
            found.append(kind)
            end += _STEP + 8 + length
    except struct.error as error:
        raise PtauError(
            f"{path} contradicts itself",
            why="its list of contributions is cut off",
            remedy="fetch it again",
        ) from error
    return found
