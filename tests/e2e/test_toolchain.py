"""The pinned programs, from a circuit's text to a verified proof, and every way they fail."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from zkpot.compiler.errors import InputError
from zkpot.prover import node_tree, snarkjs
from zkpot.prover.binfile import check_wasm, read_r1cs_header, section_bytes
from zkpot.prover.circom import compile_circuit
from zkpot.prover.errors import (
    BadBinaryFile,
    CircomError,
    ToolFailed,
    ToolMissing,
    ToolTimeout,
    WitnessError,
)
from zkpot.prover.toolchain import Toolchain, find_toolchain

if TYPE_CHECKING:
    from conftest import Circuits


def remaining(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


# finding the programs


def test_the_pinned_versions_are_found(tools: Toolchain) -> None:
    assert tools.versions["circom2"] == "0.2.23"
    assert tools.versions["snarkjs"] == "0.7.6"
    assert node_tree.flaw(tools.tree, node_tree.read_pin()) is None


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads(node_tree.read_pin().lock)
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


def test_a_named_tree_without_the_programs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZKPOT_NODE_TREE", str(tmp_path))
    with pytest.raises(ToolMissing, match="circom2 is not installed in it"):
        find_toolchain()


def test_a_floating_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: Toolchain
) -> None:
    for name in ("circom2", "snarkjs"):
        (tmp_path / "node_modules" / name).mkdir(parents=True)
        manifest = json.loads((tools.tree / "node_modules" / name / "package.json").read_text())
        manifest["version"] = "0.7.7" if name == "snarkjs" else manifest["version"]
        (tmp_path / "node_modules" / name / "package.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("ZKPOT_NODE_TREE", str(tmp_path))
    with pytest.raises(ToolMissing, match=r"snarkjs 0\.7\.7, and 0\.7\.6 is pinned"):
        find_toolchain()


def test_an_empty_cache_is_an_error_where_nothing_may_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_tree, "checkout", lambda: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pin = node_tree.Pin(b'{"dependencies": {"snarkjs": "0.7.6"}}', b"{}")
    with pytest.raises(ToolMissing, match="snarkjs is not installed"):
        node_tree.find_tree(pin, install=False)


def test_an_installation_that_fails_leaves_no_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_tree, "checkout", lambda: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pin = node_tree.Pin(b'{"dependencies": {"snarkjs": "0.7.6"}}', b"not a lock file")
    with pytest.raises(ToolFailed, match="npm ci"):
        node_tree.find_tree(pin, progress=lambda _line: None)
    assert [name for name in remaining(tmp_path / "zkpot") if "lock" not in name] == []


def test_a_machine_without_node_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match=r"node was not found(.|\n)*install Node\.js 18"):
        find_toolchain()


def test_an_old_node_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node").write_text("#!/bin/sh\necho v16.20.2\n")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolMissing, match=r"node 16\.20\.2 is too old"):
        find_toolchain()


# circom


def test_compiles_in_folders_with_spaces_and_replaces_old_outputs(
    tmp_path: Path, circuits: Circuits
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    main = shutil.copy(circuits.main, folder / "squares.circom")
    (folder / "squares.r1cs").write_bytes(b"old")
    made = compile_circuit(Path(main), circuits.include, folder)
    assert made.r1cs.read_bytes() == circuits.fits.r1cs.read_bytes()
    assert read_r1cs_header(made.r1cs).constraints == 4
    check_wasm(made.wasm)
    assert made.wasm == folder / "squares_js" / "squares.wasm"
    assert "main.chain.step[1]" in made.sym.read_text()
    assert made.peak_rss > 0
    assert not [name for name in remaining(folder) if name.endswith(".part")]


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ("signal input a;\nsignal output c;\nc <== a * a * a;", "bad.circom:5", "[Nn]on quadratic"),
        ("signal output c;\nc <== b;", "bad.circom:4", "Undeclared symbol"),
        ("signal output c\n", "bad.circom:3", "Missing semicolon"),
        ('}\ninclude "lib/absent.circom";\ntemplate N() {', "", r"lib/absent\.circom"),
    ],
)
def test_circom_errors_name_place_and_message(
    tmp_path: Path, circuits: Circuits, body: str, place: str, message: str
) -> None:
    main = tmp_path / "bad.circom"
    main.write_text(f"pragma circom 2.1.0;\ntemplate Bad() {{\n{body}\n}}\ncomponent main = Bad();")
    with pytest.raises(CircomError, match=message) as caught:
        compile_circuit(main, circuits.include, tmp_path / "build")
    assert place in str(caught.value)
    assert not (tmp_path / "build").exists()


def test_the_time_limit_holds_for_circom(tmp_path: Path, circuits: Circuits) -> None:
    with pytest.raises(ToolTimeout, match=r"compiling squares\.circom did not end"):
        compile_circuit(circuits.main, circuits.include, tmp_path / "build", timeout_s=0.05)
    assert not (tmp_path / "build").exists()


def test_missing_sources_are_the_callers_mistake(tmp_path: Path, circuits: Circuits) -> None:
    with pytest.raises(InputError, match="not a file"):
        compile_circuit(tmp_path / "absent.circom", circuits.include, tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        compile_circuit(circuits.main, tmp_path / "absent", tmp_path)


# witness


def witness(circuits: Circuits, folder: Path, **signals: object) -> Path:
    (folder / "input.json").write_text(json.dumps(signals))
    wtns = folder / "witness.wtns"
    snarkjs.calculate_witness(circuits.fits.wasm, folder / "input.json", wtns)
    return wtns


def test_a_witness_satisfies_its_circuit(tmp_path: Path, circuits: Circuits) -> None:
    wtns = witness(circuits, tmp_path, base="3", secret="5")
    assert snarkjs.wtns_check(circuits.fits.r1cs, wtns)
    values = section_bytes(wtns, "wtns", 2)
    assert int.from_bytes(values[32:64], "little") == 15**8  # wire 1 is the output


def test_a_doctored_witness_is_caught_by_the_constraints(
    tmp_path: Path, circuits: Circuits
) -> None:
    wtns = witness(circuits, tmp_path, base="3", secret="5")
    content = bytearray(wtns.read_bytes())
    content[-1 - 31] ^= 1
    wtns.write_bytes(content)
    assert not snarkjs.wtns_check(circuits.fits.r1cs, wtns)


def test_a_failed_assertion_names_template_and_line(tmp_path: Path, circuits: Circuits) -> None:
    with pytest.raises(WitnessError, match="template Chain, line 7"):
        witness(circuits, tmp_path, base="7", secret="5")
    assert remaining(tmp_path) == ["input.json"]


@pytest.mark.parametrize(
    ("signals", "message"),
    [
        ({"base": "3"}, "Not all inputs"),
        ({"base": "3", "secret": ["1", "2"]}, "Too many values"),
        ({"base": "3", "secret": []}, "Not enough values"),
        ({"base": "3", "secret": "1", "other": "1"}, "other"),
    ],
)
def test_inputs_that_do_not_fit_are_the_callers_mistake(
    tmp_path: Path, circuits: Circuits, signals: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        witness(circuits, tmp_path, **signals)
    assert remaining(tmp_path) == ["input.json"]


def test_truncated_inputs_never_reach_snarkjs(tmp_path: Path, circuits: Circuits) -> None:
    wtns = witness(circuits, tmp_path, base="3", secret="5")
    for source, check in (
        (wtns, lambda cut: snarkjs.wtns_check(circuits.fits.r1cs, cut)),
        (circuits.fits.r1cs, lambda cut: snarkjs.wtns_check(cut, wtns)),
        (circuits.fits.r1cs, snarkjs.r1cs_info),
    ):
        cut = tmp_path / "cut"
        cut.write_bytes(source.read_bytes()[:-5])
        with pytest.raises(BadBinaryFile, match="truncated"):
            check(cut)


def test_snarkjs_counts_as_the_header_does(circuits: Circuits) -> None:
    info = snarkjs.r1cs_info(circuits.fits.r1cs)
    header = read_r1cs_header(circuits.fits.r1cs)
    assert (info.wires, info.constraints) == (header.wires, header.constraints)
    assert (info.outputs, info.public_inputs, info.private_inputs) == (1, 1, 1)


# files that snarkjs mistreats, given to it past the checks of keys.py


def test_an_empty_zkey_with_exit_code_0_is_a_failure(
    tmp_path: Path, circuits: Circuits, ptau: Path, unprepared_ptau: Path
) -> None:
    for r1cs, powers, message in (
        (circuits.too_big.r1cs, ptau, "circuit too big"),
        (circuits.fits.r1cs, unprepared_ptau, "not prepared"),
    ):
        with pytest.raises(ToolFailed, match=message):
            snarkjs.groth16_setup(r1cs, powers, tmp_path / "new.zkey")
        assert remaining(tmp_path) == []


def test_a_witness_of_another_circuit_is_a_failure(
    tmp_path: Path, circuits: Circuits, initial_zkey: Path
) -> None:
    (tmp_path / "input.json").write_text('{"base": "3", "secret": "5"}')
    wtns, proof, public = (tmp_path / name for name in ("w.wtns", "proof.json", "public.json"))
    snarkjs.calculate_witness(circuits.too_big.wasm, tmp_path / "input.json", wtns)
    with pytest.raises(ToolFailed, match="witness length"):
        snarkjs.groth16_prove(initial_zkey, wtns, proof, public)
    assert remaining(tmp_path) == ["input.json", "w.wtns"]


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, initial_zkey: Path) -> None:
    """The limit on a file's size stops snarkjs half-way through its output."""
    script = (
        "import sys; from pathlib import Path; from zkpot.prover import snarkjs\n"
        "snarkjs.zkey_contribute(Path(sys.argv[1]), Path(sys.argv[2]), 'me')"
    )
    limit = initial_zkey.stat().st_size // 2
    done = subprocess.run(
        [sys.executable, "-c", script, initial_zkey, tmp_path / "new.zkey"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False,
    )
    assert re.search(r"errors\.ToolFailed: snarkjs zkey contribute failed", done.stderr)
    assert remaining(tmp_path) == []


def test_the_entropy_is_on_no_command_line(
    tmp_path: Path, initial_zkey: Path, tools: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps each call's arguments, and lets the call go on."""
    seen: list[tuple[tuple[str | Path, ...], str]] = []

    class Watching(Toolchain):
        def run(self, tool, args, **options):
            seen.append((tuple(args), options["stdin"]))
            return super().run(tool, args, **options)

    watching = Watching(tools.tree, tools.node, tools.versions)
    for name in ("a", "b"):
        snarkjs.zkey_contribute(initial_zkey, tmp_path / name, "me", tools=watching)
    (first, one), (second, two) = seen
    assert first[:2] == second[:2] == ("zkey", "contribute")
    assert first[4:] == second[4:] == ("--name=me",)
    assert len(one) == len(two) == 129
    assert one != two
