"""Reading circuits: what is read, and what is refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from zkpot.prover.engine.field import R, from_words
from zkpot.prover.engine.r1cs import R1csError, R1csInfo, r1cs_info, read_r1cs

Sections = list[tuple[int, bytes]]


def test_matrices(circuit: Any, r1cs_path: Path) -> None:
    read = read_r1cs(r1cs_path)
    for index, matrix in enumerate((read.a, read.b, read.c)):
        wanted = [
            (row, w, v) for row, c in enumerate(circuit.constraints) for w, v in c[index].items()
        ]
        got = zip(
            matrix.constraint.tolist(), matrix.wire.tolist(), from_words(matrix.value), strict=True
        )
        assert list(got) == wanted
    sizes = (read.n_wires, read.n_pub_out, read.n_pub_in, read.n_prv_in, read.n_labels)
    assert sizes == (9, 2, 2, 2, 99)
    assert (read.n_constraints, read.n_public, read.domain_power) == (4, 4, 4)


def test_info(r1cs_path: Path) -> None:
    assert r1cs_info(r1cs_path) == R1csInfo(
        constraints=4,
        wires=9,
        public_outputs=2,
        public_inputs=2,
        private_inputs=2,
        labels=99,
        nonzeros=14,
        linear_constraints=1,
    )


def test_constant_factor_is_linear(circuit: Any, tmp_path: Path) -> None:
    path = tmp_path / "constant.r1cs"
    path.write_bytes(replace(circuit, constraints=[({0: 5}, {3: 1}, {4: 1})]).file())
    assert r1cs_info(path).linear_constraints == 1


def test_no_constraints(circuit: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.r1cs"
    path.write_bytes(replace(circuit, constraints=[]).file())
    assert len(read_r1cs(path).a) == 0


def test_every_truncation_is_an_error(circuit: Any, tmp_path: Path) -> None:
    whole, path = circuit.file(), tmp_path / "cut.r1cs"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(R1csError, match=r"cut\.r1cs"):
            read_r1cs(path)


def test_every_truncated_constraint_section_is_an_error(
    circuit: Any,
    tmp_path: Path,
    make_container: Callable[[bytes, Sections], bytes],
    split_container: Callable[[bytes], Sections],
) -> None:
    path = tmp_path / "short.r1cs"
    (_, rows), head = split_container(circuit.file())
    for length in range(len(rows)):
        path.write_bytes(make_container(b"r1cs", [(2, rows[:length]), head]))
        with pytest.raises(R1csError, match="ends inside constraint"):
            read_r1cs(path)
    path.write_bytes(make_container(b"r1cs", [(2, rows + b"\0"), head]))
    with pytest.raises(R1csError, match="bytes follow the last constraint"):
        read_r1cs(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.file(prime=R - 2), "scalar field of BN254"),
        (lambda c: b"zkey" + c.file()[4:], "starts with"),
        (lambda c: c.file() + b"more", "4 foreign bytes"),
        (lambda c: replace(c, wires=4).file(), "public signals need more"),
        (lambda c: replace(c, constraints=[({9: 1}, {}, {})]).file(), "wire that does not exist"),
        (lambda c: replace(c, constraints=[({1: R}, {}, {})]).file(), "not below the field order"),
        (lambda c: b"", "empty"),
    ],
)
def test_unusable_files(
    change: Callable[[Any], bytes], reason: str, circuit: Any, tmp_path: Path
) -> None:
    path = tmp_path / "bad.r1cs"
    path.write_bytes(change(circuit))
    with pytest.raises(R1csError, match=reason) as caught:
        read_r1cs(path)
    assert "remedy: compile the circuit again" in str(caught.value)


def test_huge_count_does_not_overflow(
    circuit: Any,
    tmp_path: Path,
    make_container: Callable[[bytes, Sections], bytes],
    split_container: Callable[[bytes], Sections],
) -> None:
    path = tmp_path / "huge.r1cs"
    _, head = split_container(circuit.file())
    rows = struct.pack("<I", 0xFFFFFFFF) + bytes(100)
    path.write_bytes(make_container(b"r1cs", [(2, rows), head]))
    with pytest.raises(R1csError, match="constraint 0"):
        r1cs_info(path)


def test_missing_and_repeated_sections(
    circuit: Any,
    tmp_path: Path,
    make_container: Callable[[bytes, Sections], bytes],
    split_container: Callable[[bytes], Sections],
) -> None:
    path = tmp_path / "sections.r1cs"
    rows, head = split_container(circuit.file())
    for sections, reason in (
        ([head], r"section 2 \(constraints\) is missing"),
        ([rows], r"section 1 \(header\) is missing"),
        ([rows, head, rows], "section 2 occurs twice"),
        ([rows, head, (5, bytes(8))], "custom gates"),
    ):
        path.write_bytes(make_container(b"r1cs", sections))
        with pytest.raises(R1csError, match=reason):
            read_r1cs(path)


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(R1csError, match="No such file"):
        read_r1cs(tmp_path / "absent.r1cs")


def test_many_nonzeros_match_their_source(circuit: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(300):
        parts = (dict.fromkeys(rng.permutation(9)[: rng.integers(0, 9)].tolist()) for _ in range(3))
        a, b, c = ({w: int(rng.integers(1, 1 << 60)) ** 4 % R for w in part} for part in parts)
        rows.append((a, b, c))
    path = tmp_path / "random.r1cs"
    path.write_bytes(replace(circuit, constraints=rows).file())
    read = read_r1cs(path)
    for index, matrix in enumerate((read.a, read.b, read.c)):
        wanted = [(w, v) for row in rows for w, v in row[index].items()]
        assert list(zip(matrix.wire.tolist(), from_words(matrix.value), strict=True)) == wanted
