"""A circuit small enough to take through every tool in seconds, and powers of tau to match."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from zkpot.prover import snarkjs
from zkpot.prover.circom import CircomOutputs, compile_circuit
from zkpot.prover.toolchain import Toolchain, toolchain

SQUARES = """pragma circom 2.1.0;
include "lib/chain.circom";
template Squares(n) {
    signal input base;
    signal input secret;
    signal output last;
    component chain = Chain(n);
    chain.base <== base;
    chain.secret <== secret;
    last <== chain.last;
}
component main {public [base]} = Squares(%d);
"""

CHAIN = """pragma circom 2.1.0;
template Chain(n) {
    signal input base;
    signal input secret;
    signal output last;
    signal step[n + 1];
    assert(base != 7);
    step[0] <== base * secret;
    for (var i = 0; i < n; i++) { step[i + 1] <== step[i] * step[i]; }
    last <== step[n];
}
"""

POWER = 4
"""log2 of the rows that the shared powers of tau serve."""


@dataclass(frozen=True)
class Circuits:
    """Sources, and compiled once: ``fits`` has fewer than 2^POWER rows, ``too_big`` more."""

    include: Path
    main: Path
    fits: CircomOutputs
    too_big: CircomOutputs


@pytest.fixture(scope="session")
def tools() -> Toolchain:
    return toolchain()


@pytest.fixture(scope="session")
def circuits(tmp_path_factory: pytest.TempPathFactory) -> Circuits:
    folder = tmp_path_factory.mktemp("circuits")
    include, build = folder / "library", folder / "build"
    (include / "lib").mkdir(parents=True)
    (include / "lib" / "chain.circom").write_text(CHAIN)
    (folder / "squares.circom").write_text(SQUARES % 3)
    (folder / "more.circom").write_text(SQUARES % 20)
    fits = compile_circuit(folder / "squares.circom", include, build)
    too_big = compile_circuit(folder / "more.circom", include, build)
    return Circuits(include, folder / "squares.circom", fits, too_big)


@pytest.fixture(scope="session")
def unprepared_ptau(tmp_path_factory: pytest.TempPathFactory, tools: Toolchain) -> Path:
    folder = tmp_path_factory.mktemp("ptau")
    for args, entropy in (
        (["powersoftau", "new", "bn128", str(POWER), "new.ptau"], ""),
        (["powersoftau", "contribute", "new.ptau", "once.ptau", "--name=test"], "some text\n"),
    ):
        tools.run("snarkjs", args, cwd=folder, timeout_s=120, what="ptau", stdin=entropy)
    return folder / "once.ptau"


@pytest.fixture(scope="session")
def ptau(unprepared_ptau: Path, tools: Toolchain) -> Path:
    folder = unprepared_ptau.parent
    args = ["powersoftau", "prepare", "phase2", "once.ptau", "final.ptau"]
    tools.run("snarkjs", args, cwd=folder, timeout_s=120, what="ptau")
    return folder / "final.ptau"


@pytest.fixture(scope="session")
def initial_zkey(circuits: Circuits, ptau: Path) -> Path:
    """A zkey that nobody contributed to."""
    zkey = ptau.parent / "initial.zkey"
    snarkjs.groth16_setup(circuits.fits.r1cs, ptau, zkey)
    return zkey
