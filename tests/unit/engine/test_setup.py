"""A development key, used by a prover that knows only the file and the paper."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from py_ecc import optimized_bn128 as reference
from zkpot.prover.engine import trapdoor
from zkpot.prover.engine.domain import root_of_unity
from zkpot.prover.engine.field import RADIX, Q, R
from zkpot.prover.engine.r1cs import R1csError, read_r1cs
from zkpot.prover.engine.setup import dev_setup
from zkpot.prover.engine.verify import groth16_pairing_only, prepare_key
from zkpot.prover.engine.zkey import read_zkey_header, verification_key
from zkpot.prover.engine.zkey_check import check_zkey

Sections = list[tuple[int, bytes]]


def _coordinates(data: bytes) -> list[int]:
    inverse = pow(RADIX, -1, Q)
    words = (int.from_bytes(data[i : i + 32], "little") for i in range(0, len(data), 32))
    return [word * inverse % Q for word in words]


def _g1_points(data: bytes) -> list[Any]:
    flat = [reference.FQ(v) for v in _coordinates(data)]
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return [reference.Z1 if x == y == 0 else (x, y, reference.FQ.one()) for x, y in pairs]


def _g2_points(data: bytes) -> list[Any]:
    flat = _coordinates(data)
    points = []
    for i in range(0, len(flat), 4):
        x, y = reference.FQ2(flat[i : i + 2]), reference.FQ2(flat[i + 2 : i + 4])
        infinite = not any(flat[i : i + 4])
        points.append(reference.Z2 if infinite else (x, y, reference.FQ2.one()))
    return points


def _sum(points: list[Any], scalars: list[int], start: Any) -> Any:
    for point, scalar in zip(points, scalars, strict=True):
        start = reference.add(start, reference.multiply(point, scalar % R))
    return start


def _quotient_values(circuit: Any, size: int) -> list[int]:
    """A·B - C at the odd elements of the double domain, by Lagrange interpolation."""
    rows = [
        [sum(v * circuit.witness[w] for w, v in part.items()) for part in c]
        for c in circuit.constraints
    ]
    rows += [[circuit.witness[s], 0, 0] for s in range(circuit.n_public + 1)]
    rows += [[0, 0, 0]] * (size - len(rows))
    double, root = root_of_unity(size.bit_length()), root_of_unity(size.bit_length() - 1)
    values = []
    for j in range(size):
        x = pow(double, 2 * j + 1, R)
        scale = (pow(x, size, R) - 1) * pow(size, -1, R)
        basis = [scale * (n := pow(root, i, R)) * pow(x - n, -1, R) for i in range(size)]
        a, b, c = (sum(f * row[m] for f, row in zip(basis, rows, strict=True)) for m in range(3))
        values.append((a * b - c) % R)
    return values


def _prove(circuit: Any, sections: dict[int, bytes], size: int) -> dict[str, Any]:
    """Groth16 without blinding, from the key's points alone."""
    points = sections[2][-(2 * 64 + 64 + 3 * 128) :]
    alpha, beta2 = _g1_points(points[:64])[0], _g2_points(points[128:256])[0]
    witness = circuit.witness
    a = _sum(_g1_points(sections[5]), witness, alpha)
    b = _sum(_g2_points(sections[7]), witness, beta2)
    c = _sum(_g1_points(sections[8]), witness[circuit.n_public + 1 :], reference.Z1)
    c = _sum(_g1_points(sections[9]), _quotient_values(circuit, size), c)
    (ax, ay), (bx, by), (cx, cy) = (reference.normalize(point) for point in (a, b, c))
    return {
        "pi_a": [str(ax), str(ay), "1"],
        "pi_b": [[str(v) for v in bx.coeffs], [str(v) for v in by.coeffs], ["1", "0"]],
        "pi_c": [str(cx), str(cy), "1"],
    }


@pytest.fixture(scope="module")
def sections(zkey_path: Path, split_container: Callable[[bytes], Sections]) -> dict[int, bytes]:
    return dict(split_container(zkey_path.read_bytes()))


def test_prove_and_verify(circuit: Any, zkey_path: Path, sections: dict[int, bytes]) -> None:
    proof = _prove(circuit, sections, 16)
    key = prepare_key(verification_key(zkey_path))
    public = circuit.witness[1 : circuit.n_public + 1]
    assert groth16_pairing_only(key, public, proof) is True
    for index in range(len(public)):
        wrong = [value + (i == index) for i, value in enumerate(public)]
        assert groth16_pairing_only(key, wrong, proof) is False


def test_false_witness_proves_nothing(
    circuit: Any, zkey_path: Path, sections: dict[int, bytes]
) -> None:
    lie = replace(circuit, witness=[1, 5, *circuit.witness[2:]])
    key = prepare_key(verification_key(zkey_path))
    assert groth16_pairing_only(key, lie.witness[1:5], _prove(lie, sections, 16)) is False


def test_both_groups_hold_the_same_b(sections: dict[int, bytes]) -> None:
    ones, twos = _g1_points(sections[6]), _g2_points(sections[7])
    for one, two in zip(ones, twos, strict=True):
        assert reference.is_inf(one) == reference.is_inf(two)
        if not reference.is_inf(one):
            left = reference.pairing(reference.G2, one)
            assert left == reference.pairing(two, reference.G1)
            break


def test_coefficient_order_and_form(circuit: Any, sections: dict[int, bytes]) -> None:
    wanted = []
    for row, (a, b, _) in enumerate(circuit.constraints):
        wanted += [(0, row, w, v) for w, v in a.items()] + [(1, row, w, v) for w, v in b.items()]
    wanted += [(0, 4 + s, s, 1) for s in range(5)]
    data = sections[4]
    assert struct.unpack_from("<I", data) == (len(wanted),)
    for i, (matrix, row, wire, value) in enumerate(wanted):
        entry = data[4 + 44 * i : 48 + 44 * i]
        assert struct.unpack_from("<3I", entry) == (matrix, row, wire)
        assert int.from_bytes(entry[12:], "little") == value * RADIX * RADIX % R


def test_header_and_check(circuit: Any, r1cs_path: Path, zkey_path: Path) -> None:
    header = read_zkey_header(zkey_path)
    assert (header.n8, header.q, header.r) == (32, Q, R)
    assert (header.n_vars, header.n_public, header.domain_size) == (9, 4, 16)
    assert header.contributions == 0
    assert header.gamma2 != header.delta2
    check_zkey(zkey_path, read_r1cs(r1cs_path))


def test_every_run_draws_new_trapdoors(r1cs_path: Path, zkey_path: Path, tmp_path: Path) -> None:
    phases: list[str] = []
    report = dev_setup(
        r1cs_path, tmp_path / "b.zkey", threads=1, progress=lambda name, _part: phases.append(name)
    )
    first, second = (read_zkey_header(p) for p in (zkey_path, tmp_path / "b.zkey"))
    for name in ("alpha1", "beta1", "beta2", "delta1", "delta2"):
        assert getattr(first, name) != getattr(second, name)
    assert first.gamma2 == second.gamma2
    assert (report.constraints, report.wires, report.public_signals) == (4, 9, 4)
    assert report.zkey_bytes == (tmp_path / "b.zkey").stat().st_size
    assert phases[0] == "read"
    assert phases[-1] == "write"


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.r1cs").write_bytes(b"r1cs")
    with pytest.raises(R1csError):
        dev_setup(tmp_path / "bad.r1cs", tmp_path / "out.zkey")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.r1cs"]


def test_trapdoors_hide_and_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = trapdoor.draw_trapdoor(3)
    values = (secret.tau, secret.alpha, secret.beta, secret.delta)
    assert all(2 <= value < R for value in values)
    assert str(secret.tau) not in repr(secret)
    secret.forget()
    assert (secret.tau, secret.alpha, secret.beta, secret.delta) == (0, 0, 0, 0)
    draws = iter([root_of_unity(4), 7, 2, 3, 4])
    monkeypatch.setattr(trapdoor, "_random_scalar", lambda: next(draws))
    assert trapdoor.draw_trapdoor(3).tau == 7
