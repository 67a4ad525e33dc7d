"""snarkjs, supervised: every result is judged by its files and messages, never by an exit code.

Known of 0.7.6: a failed setup leaves an empty zkey and exits 0; a truncated ptau or zkey can hang
it; missing public signals count as 0. So inputs are checked before a call, outputs after it, and
each call has a time limit that grows with its input. Outputs appear whole or not at all.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from zkpot.compiler.errors import InputError
from zkpot.prover import atomic, process
from zkpot.prover.binfile import (
    check_wasm,
    check_wtns,
    check_zkey,
    read_r1cs_header,
    read_sections,
)
from zkpot.prover.errors import WitnessError
from zkpot.prover.process import Completed
from zkpot.prover.supervise import call, made_json, read_json, require_made, require_whole, verdict
from zkpot.prover.toolchain import Toolchain

Args = list[str | Path]

_ASSERT = re.compile(r"Error in template (\w+?)_\d+ line: (\d+)")
_COUNTS = ("Wires", "Constraints", "Private Inputs", "Public Inputs", "Labels", "Outputs")
_WRONG_INPUTS = re.compile(
    r"Error: (Not all inputs|Too many values|Not enough values|Signal \S+ (not found|is not an))"
)


@dataclass(frozen=True)
class R1csInfo:
    """What ``snarkjs r1cs info`` counts; ``constraints`` includes the linear ones."""

    wires: int
    constraints: int
    private_inputs: int
    public_inputs: int
    labels: int
    outputs: int


def calculate_witness(
    wasm: Path, input_json: Path, wtns: Path, *, tools: Toolchain | None = None
) -> None:
    """Run the circuit's witness generator on ``input_json``; writes ``wtns``.

    Raises WitnessError where an assertion fails, naming template and line, and InputError where
    the inputs don't fit the circuit's signals.
    """
    check_wasm(wasm)
    read_json(input_json)
    with atomic.replacing(wtns) as part:
        done = call(["wtns", "calculate", wasm, input_json, part], [wasm, input_json], tools)
        _refuse_bad_witness(done, input_json)
        require_made(done, "wtns calculate")
        require_whole(check_wtns, part, done, "wtns calculate")


def wtns_check(r1cs: Path, wtns: Path, *, tools: Toolchain | None = None) -> bool:
    """Whether the witness satisfies every constraint: what the proof system sees, no assertion."""
    read_r1cs_header(r1cs)
    check_wtns(wtns)
    done = call(["wtns", "check", r1cs, wtns], [r1cs, wtns], tools)
    return verdict(done, "wtns check", good="WITNESS IS CORRECT", bad=["WITNESS IS NOT CORRECT"])


def groth16_prove(
    zkey: Path, wtns: Path, proof: Path, public: Path, *, tools: Toolchain | None = None
) -> None:
    """Prove; writes ``proof`` and ``public`` (JSON). The witness must be one the circuit accepts:
    snarkjs proves any witness, and such a proof only fails to verify.
    """
    check_zkey(zkey)
    check_wtns(wtns)
    with atomic.replacing(proof) as proof_part, atomic.replacing(public) as public_part:
        args: Args = ["groth16", "prove", zkey, wtns, proof_part, public_part]
        done = require_made(call(args, [zkey, wtns], tools), "groth16 prove")
        points = made_json(proof_part, done, "groth16 prove")
        signals = made_json(public_part, done, "groth16 prove")
        if not isinstance(signals, list) or not {"pi_a", "pi_b", "pi_c"} <= set(points):
            raise process.failure(done, "groth16 prove", "its outputs are not a proof and a list")


def groth16_pairing_only(
    vk: Path, public: Path, proof: Path, *, tools: Toolchain | None = None
) -> bool:
    """The pairing check alone, which proves nothing about data: see `prover.verify.Verifier`.

    Signals that are missing, extra or outside the field give False.
    """
    key, signals = read_json(vk), read_json(public)
    read_json(proof)
    if not isinstance(signals, list) or len(signals) != key.get("nPublic"):
        return False
    done = call(["groth16", "verify", vk, public, proof], [vk, public], tools)
    bad = ("Invalid proof", "Public inputs are not valid", "Proof commitments are not valid")
    return verdict(done, "groth16 verify", good="OK!", bad=bad)


def groth16_setup(r1cs: Path, ptau: Path, zkey: Path, *, tools: Toolchain | None = None) -> None:
    """The initial zkey, to which nobody has contributed: delta = gamma, so anyone can forge.

    ``ptau`` must have passed ``ptau.require_ptau``.
    """
    read_r1cs_header(r1cs)
    read_sections(ptau, "ptau")
    args: Args = ["groth16", "setup", r1cs, ptau]
    _make_zkey(args, zkey, [], [r1cs, r1cs, ptau], "groth16 setup", tools)


def zkey_contribute(
    zkey_in: Path, zkey_out: Path, name: str, *, tools: Toolchain | None = None
) -> None:
    """Multiply delta by a secret nobody keeps. ``name``: at most 64 characters, made public.

    snarkjs draws 64 bytes from the system; 64 more go to it through a pipe, since arguments and
    environment can be read by others while it runs.
    """
    check_zkey(zkey_in)
    if not name.isprintable() or not 1 <= len(name.encode()) <= 64:
        raise InputError(
            f"{name!r} can't name a contribution",
            why="snarkjs stores 1 to 64 bytes of printable text",
            remedy="choose a shorter name",
        )
    args: Args = ["zkey", "contribute", zkey_in]
    secret = secrets.token_hex(64) + "\n"
    _make_zkey(args, zkey_out, [f"--name={name}"], [zkey_in], "zkey contribute", tools, secret)


def zkey_beacon(
    zkey_in: Path,
    zkey_out: Path,
    beacon_hex: str,
    iterations: int,
    *,
    tools: Toolchain | None = None,
) -> None:
    """Close the contributions with 2^``iterations`` hashes of a public random value."""
    check_zkey(zkey_in)
    if not re.fullmatch(r"(?:[0-9a-f]{2}){1,255}", beacon_hex) or not 10 <= iterations <= 63:
        raise InputError(
            "the beacon can't be used",
            why="it is 1 to 255 bytes in lower-case hexadecimal and an exponent from 10 to 63",
            remedy="give, say, a drand round's 64 hex digits and 10",
        )
    args: Args = ["zkey", "beacon", zkey_in]
    after = [beacon_hex, str(iterations), "--name=beacon"]
    _make_zkey(args, zkey_out, after, [zkey_in], "zkey beacon", tools)


def zkey_verify(r1cs: Path, ptau: Path, zkey: Path, *, tools: Toolchain | None = None) -> bool:
    """Whether the zkey is for this r1cs, from this ptau, by valid contributions: even by none.

    ``transcript.read_contributions`` says how many there are, and whose.
    """
    read_r1cs_header(r1cs)
    read_sections(ptau, "ptau")
    check_zkey(zkey)
    done = call(["zkey", "verify", r1cs, ptau, zkey], [r1cs, r1cs, zkey, zkey], tools)
    bad = ("INVALID", "is not identical", "does not match", "do not match")
    return verdict(done, "zkey verify", good="ZKey Ok!", bad=bad)


def export_verification_key(zkey: Path, out: Path, *, tools: Toolchain | None = None) -> None:
    """Write the zkey's verification_key.json."""
    check_zkey(zkey)
    with atomic.replacing(out) as part:
        done = call(["zkey", "export", "verificationkey", zkey, part], [zkey], tools)
        what = "zkey export verificationkey"
        key = made_json(part, require_made(done, what), what)
        if len(key.get("IC", ())) != key.get("nPublic", 0) + 1:
            raise process.failure(done, f"snarkjs {what}", "the key is not whole")


def r1cs_info(r1cs: Path, *, tools: Toolchain | None = None) -> R1csInfo:
    """snarkjs's own counts, in which the project states its sizes."""
    read_r1cs_header(r1cs)
    done = require_made(call(["r1cs", "info", r1cs], [r1cs], tools), "r1cs info")
    counts = dict(re.findall(r"# of ([A-Za-z ]+): (\d+)", done.stdout))
    missing = [name for name in _COUNTS if name not in counts]
    if missing:
        raise process.failure(done, "snarkjs r1cs info", f"it printed no number of {missing[0]}")
    return R1csInfo(*(int(counts[name]) for name in _COUNTS))


def _make_zkey(
    args: Args,
    zkey: Path,
    after: list[str],
    inputs: list[Path],
    what: str,
    tools: Toolchain | None,
    stdin: str = "",
) -> None:
    with atomic.replacing(zkey) as part:
        done = require_made(call([*args, part, *after], inputs, tools, stdin), what)
        require_whole(check_zkey, part, done, what)


def _refuse_bad_witness(done: Completed, input_json: Path) -> None:
    text = done.stdout + done.stderr
    failed = _ASSERT.search(text)
    if failed or "Assert Failed" in text:
        place = f" in template {failed[1]}, line {failed[2]}" if failed else ""
        raise WitnessError(
            f"{input_json.name} has no witness",
            why=f"an assertion fails{place}",
            remedy="the inputs break the circuit's statement: check them against the model",
        )
    if done.returncode != 0 and _WRONG_INPUTS.search(text):
        raise InputError(
            f"{input_json} doesn't fit the circuit",
            why=f"the witness generator says:\n{process.last_lines(text)}",
            remedy="give every input signal, in its declared length, and no other",
        )
