"""The native engine and snarkjs, each checking what the other made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from zkpot.prover.circom import compile_circuit
from zkpot.prover.engine.binfile import Container
from zkpot.prover.engine.ptau import dev_ptau
from zkpot.prover.engine.r1cs import r1cs_info, read_r1cs
from zkpot.prover.engine.setup import dev_setup
from zkpot.prover.engine.verify import PublicSignalError, groth16_pairing_only, prepare_key
from zkpot.prover.engine.zkey import COEFFICIENTS, ZkeyError, open_zkey, verification_key
from zkpot.prover.engine.zkey_check import check_zkey
from zkpot.prover.errors import PtauError
from zkpot.prover.toolchain import Toolchain

SOURCE = """pragma circom 2.1.0;
template Mixed(n) {
    signal input a[n];
    signal input unused;
    signal input b[n];
    signal output c[n];
    signal output total;
    signal bits[8];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        c[i] <== (3 * a[i] - b[i] + 7) * (a[i] + 5 * b[i]);
        sum += c[i];
    }
    var packed = 0;
    for (var i = 0; i < 8; i++) {
        bits[i] <-- (b[0] >> i) & 1;
        bits[i] * (bits[i] - 1) === 0;
        packed += bits[i] * (1 << i);
    }
    packed === b[0];
    total <== sum * sum;
}
component main {public [a, unused]} = Mixed(5);
"""
POWER = 5
"""The circuit's domain: the test ptau is no larger, so that its topmost block is used, too."""

Run = Callable[..., str]


@dataclass(frozen=True)
class Made:
    folder: Path
    r1cs: Path
    zkey: Path
    ptau: Path


@pytest.fixture(scope="module")
def run(tools: Toolchain, made: Made) -> Run:
    def snarkjs(*args: str) -> str:
        done = tools.run("snarkjs", list(args), cwd=made.folder, timeout_s=120, what=args[0])
        return done.stdout

    return snarkjs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("engine")
    (folder / "library").mkdir()
    (folder / "mixed.circom").write_text(SOURCE)
    outputs = compile_circuit(folder / "mixed.circom", folder / "library", folder)
    dev_setup(outputs.r1cs, folder / "dev.zkey")
    dev_ptau(POWER, folder / "dev.ptau")
    values = {"a": [17, 2, 3, 0, 5], "unused": 99, "b": [200, 7, 8, 9, 10]}
    (folder / "input.json").write_text(json.dumps(values))
    outputs.wasm.rename(folder / "mixed.wasm")
    return Made(folder, outputs.r1cs, folder / "dev.zkey", folder / "dev.ptau")


@pytest.fixture(scope="module")
def proved(made: Made, run: Run) -> tuple[list[int], Any]:
    run("wtns", "calculate", "mixed.wasm", "input.json", "witness.wtns")
    run("groth16", "prove", "dev.zkey", "witness.wtns", "proof.json", "public.json")
    public = json.loads((made.folder / "public.json").read_text())
    return [int(value) for value in public], json.loads((made.folder / "proof.json").read_text())


def test_snarkjs_proves_and_verifies_with_the_dev_key(
    made: Made, run: Run, proved: tuple[list[int], Any]
) -> None:
    run("zkey", "export", "verificationkey", "dev.zkey", "vk.json")
    assert "OK!" in run("groth16", "verify", "vk.json", "public.json", "proof.json")
    exported = json.loads((made.folder / "vk.json").read_text())
    assert verification_key(made.zkey) == exported


def test_engine_verifies_snarkjs_proofs(made: Made, proved: tuple[list[int], Any]) -> None:
    public, proof = proved
    key = prepare_key(verification_key(made.zkey))
    assert groth16_pairing_only(key, public, proof) is True
    for index in range(len(public)):
        wrong = [value + (i == index) for i, value in enumerate(public)]
        assert groth16_pairing_only(key, wrong, proof) is False
    with pytest.raises(PublicSignalError):
        groth16_pairing_only(key, public[:-1], proof)


def test_sizes_agree(made: Made) -> None:
    info = r1cs_info(made.r1cs)
    assert (info.public_outputs, info.public_inputs, info.private_inputs) == (6, 6, 5)
    assert (info.constraints, info.linear_constraints) == (15, 1)
    check_zkey(made.zkey, read_r1cs(made.r1cs))


def test_phase_two_on_the_test_ptau(made: Made, run: Run, proved: tuple[list[int], Any]) -> None:
    run("groth16", "setup", "mixed.r1cs", "dev.ptau", "initial.zkey")
    run("zkey", "contribute", "initial.zkey", "final.zkey", "--name=test", "-e=some text")
    assert "ZKey Ok!" in run("zkey", "verify", "mixed.r1cs", "dev.ptau", "final.zkey")
    run("groth16", "prove", "final.zkey", "witness.wtns", "proof2.json", "public.json")
    key = prepare_key(verification_key(made.folder / "final.zkey"))
    proof = json.loads((made.folder / "proof2.json").read_text())
    assert groth16_pairing_only(key, proved[0], proof) is True
    circuit = read_r1cs(made.r1cs)
    check_zkey(made.folder / "final.zkey", circuit)
    with pytest.raises(ZkeyError, match="gamma equals delta"):
        check_zkey(made.folder / "initial.zkey", circuit)


def test_coefficient_section_is_snarkjs_own(made: Made, run: Run) -> None:
    run("groth16", "setup", "mixed.r1cs", "dev.ptau", "plain.zkey")
    ours, theirs = (
        open_zkey(path).section(COEFFICIENTS, "coefficients").tobytes()
        for path in (made.zkey, made.folder / "plain.zkey")
    )
    assert ours == theirs


def test_prepare_phase_two_changes_nothing(made: Made, run: Run) -> None:
    run("powersoftau", "prepare", "phase2", "dev.ptau", "again.ptau")
    again = made.folder / "again.ptau"
    assert again.read_bytes() == made.ptau.read_bytes()
    assert 15 in Container(again, b"ptau", PtauError, "")
