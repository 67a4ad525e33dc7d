"""Keys that must be refused, each by its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from zkpot.prover.engine.curve import G2_GENERATOR
from zkpot.prover.engine.field import RADIX, Q, R
from zkpot.prover.engine.r1cs import read_r1cs
from zkpot.prover.engine.zkey import ZkeyError, read_zkey_header, verification_key
from zkpot.prover.engine.zkey_check import check_zkey

Edit = Callable[[int, Callable[[bytearray], None]], Path]
ALPHA1, BETA1, BETA2, GAMMA2, DELTA1, DELTA2 = 84, 148, 212, 340, 468, 532
"""Offsets of the points in the header section."""


def _montgomery(value: int) -> bytes:
    return (value * RADIX % Q).to_bytes(32, "little")


def _put(offset: int, data: bytes) -> Callable[[bytearray], None]:
    def change(buffer: bytearray) -> None:
        buffer[offset : offset + len(data)] = data

    return change


def _move(source: int, target: int, length: int) -> Callable[[bytearray], None]:
    def change(buffer: bytearray) -> None:
        buffer[target : target + length] = buffer[source : source + length]

    return change


def _small_order_like() -> bytes:
    """A point of the twist outside the subgroup of order r (checked in test_curve)."""
    from py_ecc import optimized_bn128 as reference

    for x in range(1, 100):
        square = reference.FQ2((x, 0)) ** 3 + reference.b2
        half = square ** ((Q - 3) // 4)
        y = (reference.FQ2.one() + half * half * square) ** ((Q - 1) // 2) * half * square
        if y * y == square:
            return b"".join(_montgomery(int(v)) for v in (x, 0, *y.coeffs))
    raise AssertionError("half of all x are abscissas")


@pytest.mark.parametrize(
    ("section", "change", "reason"),
    [
        (1, _put(0, b"\2"), "not a Groth16 key"),
        (2, _put(4, (Q - 2).to_bytes(32, "little")), "base field"),
        (2, _put(40, (Q - 2).to_bytes(32, "little")), "scalar field"),
        (2, _put(72, b"\x0a"), "10 wires, the circuit has 9"),
        (2, _put(80, b"\x20"), "32 rows in its domain"),
        (2, _put(ALPHA1, bytes(64)), "alpha1 .* infinity"),
        (2, _put(ALPHA1, b"\1"), "alpha1 .* not on the curve"),
        (2, _put(BETA2, bytes(128)), "beta2 .* infinity"),
        (2, _put(BETA2 + 96, b"\1"), "beta2 .* not on the twist"),
        (2, _put(DELTA2, _small_order_like()), "delta2 .* subgroup"),
        (2, _put(DELTA1, bytes(64)), "delta1 .* infinity"),
        (2, _put(DELTA2, bytes(128)), "delta2 .* infinity"),
        (2, _move(GAMMA2, DELTA2, 128), "gamma equals delta"),
        (2, _move(ALPHA1, BETA1, 64), "beta1 and beta2 are not the same multiple"),
        (2, _move(ALPHA1, DELTA1, 64), "delta1 and delta2 are not the same multiple"),
        (2, _put(ALPHA1, b"\xff" * 32), "not below q"),
        (2, lambda b: b.extend(b"\0"), "too long"),
        (2, lambda b: b.__delitem__(slice(-1, None)), "too short"),
        (3, _put(64, bytes(64)), "IC point 1 .* infinity"),
        (3, _put(64, b"\1"), "IC point 1 .* not on the curve"),
        (3, _move(64, 128, 64), "IC point occurs twice"),
        (3, lambda b: b.extend(bytes(64)), r"section 3 \(IC\) has"),
        (4, _put(4 + 12, b"\1\2\3"), "coefficients are not those"),
        (4, _put(4 + 8, b"\6"), "coefficients are not those"),
        (4, _put(0, b"\7"), "coefficient section has not"),
        (4, lambda b: b.__delitem__(slice(-44, None)), "coefficient section has not"),
        (5, _put(7 * 64, b"\1"), "point 7 of section A is not on its curve"),
        (7, _put(5 * 128, b"\1"), "point 5 of section B2 is not on its curve"),
        (8, lambda b: b.extend(bytes(64)), r"section 8 \(C\) has"),
        (9, _put(15 * 64, b"\xff" * 32), "point 15 of section H is not on its curve"),
        (10, lambda b: b.__delitem__(slice(50, None)), "too short"),
    ],
)
def test_refused(
    section: int,
    change: Callable[[bytearray], None],
    reason: str,
    edited: Edit,
    r1cs_path: Path,
) -> None:
    path = edited(section, change)
    with pytest.raises(ZkeyError, match=reason) as caught:
        check_zkey(path, read_r1cs(r1cs_path))
    assert str(path) in str(caught.value)
    assert "remedy" in str(caught.value)


def test_coefficients_in_another_order_are_fine(edited: Edit, r1cs_path: Path) -> None:
    def swap(buffer: bytearray) -> None:
        buffer[4:48], buffer[48:92] = buffer[48:92], buffer[4:48]

    check_zkey(edited(4, swap), read_r1cs(r1cs_path))


def test_key_for_another_circuit(circuit: Any, zkey_path: Path, tmp_path: Path) -> None:
    rows = [({3: 2}, {5: 1}, {7: 1, 0: R - 2}), *circuit.constraints[1:]]
    path = tmp_path / "other.r1cs"
    path.write_bytes(replace(circuit, constraints=rows).file())
    with pytest.raises(ZkeyError, match="coefficients are not those"):
        check_zkey(zkey_path, read_r1cs(path))


def test_truncations(zkey_path: Path, tmp_path: Path) -> None:
    whole, path = zkey_path.read_bytes(), tmp_path / "cut.zkey"
    for length in [*range(60), *range(60, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ZkeyError):
            read_zkey_header(path)


def test_verification_key_shape(zkey_path: Path) -> None:
    key: Any = verification_key(zkey_path)
    assert (key["protocol"], key["curve"], key["nPublic"]) == ("groth16", "bn128", 4)
    assert len(key["IC"]) == 5
    generator = [str(value) for value in G2_GENERATOR]
    assert key["vk_gamma_2"] == [generator[:2], generator[2:], ["1", "0"]]
    assert [len(half) for half in key["vk_alphabeta_12"]] == [3, 3]
