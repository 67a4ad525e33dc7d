"""Both ways to keys: what they leave, what they prove, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.prover import keys, snarkjs
from zkpot.prover.errors import BadBinaryFile, KeyRefused, PtauError
from zkpot.prover.manifest import Trust
from zkpot.prover.ptau import read_ptau
from zkpot.prover.transcript import read_contributions
from zkpot.prover.vkey import check_key

if TYPE_CHECKING:
    from conftest import Circuits

BEACON = "0102030405060708"
KEY_FILES = ["circuit_0000.zkey", "circuit_final.zkey", "keys.json", "verification_key.json"]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, circuits: Circuits, ptau: Path) -> Path:
    folder = tmp_path_factory.mktemp("build")
    keys.setup_from_ptau(
        folder, circuits.fits.r1cs, ptau, contributions=["first", "second one"], beacon=(BEACON, 10)
    )
    return folder


@pytest.fixture
def copy(tmp_path: Path, build: Path) -> Path:
    return Path(shutil.copytree(build, tmp_path / "copy"))


def prove(circuits: Circuits, zkey: Path, folder: Path) -> tuple[Path, Path]:
    (folder / "input.json").write_text('{"base": "3", "secret": "5"}')
    wtns, proof, public = (folder / name for name in ("w.wtns", "proof.json", "public.json"))
    snarkjs.calculate_witness(circuits.fits.wasm, folder / "input.json", wtns)
    snarkjs.groth16_prove(zkey, wtns, proof, public)
    return proof, public


def test_the_manifest_says_where_the_keys_come_from(build: Path) -> None:
    manifest = keys.load_keys(build).manifest
    assert manifest.trust is Trust.CONTRIBUTED
    assert [step.name for step in manifest.contributions] == ["first", "second one", "beacon"]
    assert manifest.beacon is not None
    assert (manifest.beacon.beacon, manifest.beacon.iterations) == (BEACON, 10)
    assert manifest.tools["snarkjs"] == "0.7.6"
    assert sorted(path.name for path in build.iterdir()) == KEY_FILES


def test_contributions_are_hashed_as_snarkjs_shows_them(
    build: Path, circuits: Circuits, ptau: Path, tools: keys.Toolchain
) -> None:
    args = ["zkey", "verify", circuits.fits.r1cs, ptau, build / "circuit_final.zkey"]
    shown = tools.run("snarkjs", args, cwd=build, timeout_s=60, what="verify").stdout
    digits = "".join(shown.split())
    for step in read_contributions(build / "circuit_final.zkey"):
        assert step.hash in digits


def test_a_proof_verifies_and_another_statement_does_not(
    tmp_path: Path, build: Path, circuits: Circuits
) -> None:
    ready = keys.load_keys(build)
    assert ready.zkey is not None
    proof, public = prove(circuits, ready.zkey, tmp_path)
    assert snarkjs.groth16_pairing_only(ready.vk_path, public, proof)
    signals = json.loads(public.read_text())
    for wrong in (
        [str(int(signals[0]) + 1), signals[1]],
        signals[:1],
        [*signals, "0"],
        [str(int(signals[0]) + FIELD), signals[1]],
    ):
        public.write_text(json.dumps(wrong))
        assert not snarkjs.groth16_pairing_only(ready.vk_path, public, proof)


def test_a_doctored_contribution_is_not_adopted(
    tmp_path: Path, build: Path, circuits: Circuits, ptau: Path
) -> None:
    zkey = build / "circuit_final.zkey"
    assert snarkjs.zkey_verify(circuits.fits.r1cs, ptau, zkey)
    content = bytearray(zkey.read_bytes())
    content[-200] ^= 1  # in the last contribution's public key
    (tmp_path / "doctored.zkey").write_bytes(content)
    with pytest.raises(KeyRefused, match="does not verify"):
        keys.adopt_zkey(tmp_path / "b", circuits.fits.r1cs, ptau, tmp_path / "doctored.zkey")
    assert list((tmp_path / "b").iterdir()) == []


def test_dev_keys_prove_and_say_what_they_are(tmp_path: Path, circuits: Circuits) -> None:
    lines: list[str] = []
    (tmp_path / "circuit_0000.zkey").write_bytes(b"of an earlier setup")
    manifest = keys.setup_dev(tmp_path, circuits.fits.r1cs, progress=lines.append)
    assert manifest.trust is Trust.DEV
    assert json.loads((tmp_path / "keys.json").read_text())["trust"] == "dev"
    assert manifest.contributions == ()
    assert lines
    assert sorted(path.name for path in tmp_path.iterdir()) == KEY_FILES[1:]
    ready = keys.load_keys(tmp_path)
    assert ready.zkey is not None
    snarkjs.export_verification_key(ready.zkey, tmp_path / "exported.json")
    assert json.loads((tmp_path / "exported.json").read_text()) == ready.vk
    proof, public = prove(circuits, ready.zkey, tmp_path)
    assert snarkjs.groth16_pairing_only(ready.vk_path, public, proof)


def test_a_key_that_another_party_contributed_to_is_adopted(
    tmp_path: Path, build: Path, circuits: Circuits, ptau: Path
) -> None:
    snarkjs.zkey_contribute(build / "circuit_0000.zkey", tmp_path / "theirs.zkey", "a stranger")
    made = tmp_path / "build"
    manifest = keys.adopt_zkey(made, circuits.fits.r1cs, ptau, tmp_path / "theirs.zkey")
    assert manifest.trust is Trust.CONTRIBUTED
    assert [step.name for step in manifest.contributions] == ["a stranger"]
    assert keys.load_keys(made).manifest == manifest


# forgeable keys


def test_the_key_of_a_setup_without_contribution_is_refused(
    tmp_path: Path, initial_zkey: Path
) -> None:
    snarkjs.export_verification_key(initial_zkey, tmp_path / "vk.json")
    with pytest.raises(KeyRefused, match="forgeable"):
        check_key(json.loads((tmp_path / "vk.json").read_text()))


def test_a_beacon_alone_is_no_contribution(
    tmp_path: Path, circuits: Circuits, ptau: Path, initial_zkey: Path
) -> None:
    snarkjs.zkey_beacon(initial_zkey, tmp_path / "beacon.zkey", BEACON, 10)
    with pytest.raises(KeyRefused, match="nobody contributed"):
        keys.adopt_zkey(tmp_path / "b", circuits.fits.r1cs, ptau, tmp_path / "beacon.zkey")
    with pytest.raises(InputError, match="needs a contribution"):
        keys.setup_from_ptau(tmp_path / "b", circuits.fits.r1cs, ptau, contributions=[])
    assert list((tmp_path / "b").iterdir()) == []


def test_the_initial_key_is_not_adopted(
    tmp_path: Path, circuits: Circuits, ptau: Path, initial_zkey: Path
) -> None:
    with pytest.raises(KeyRefused, match="nobody contributed"):
        keys.adopt_zkey(tmp_path, circuits.fits.r1cs, ptau, initial_zkey)
    assert list(tmp_path.iterdir()) == []


# powers of tau that can't serve


def test_a_small_ptau_is_named_with_both_powers(
    tmp_path: Path, circuits: Circuits, ptau: Path
) -> None:
    assert read_ptau(ptau).power == 4
    with pytest.raises(PtauError, match=r"serves 2\^4 rows(.|\n)*need 2\^5"):
        keys.setup_from_ptau(tmp_path / "b", circuits.too_big.r1cs, ptau, contributions=["me"])
    assert not (tmp_path / "b").exists()


def test_an_unprepared_ptau_is_refused(
    tmp_path: Path, circuits: Circuits, unprepared_ptau: Path
) -> None:
    with pytest.raises(PtauError, match="not prepared for phase 2"):
        keys.setup_from_ptau(
            tmp_path / "b", circuits.fits.r1cs, unprepared_ptau, contributions=["me"]
        )
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_ptau_is_refused_at_once(
    tmp_path: Path, circuits: Circuits, ptau: Path, share: float
) -> None:
    content = ptau.read_bytes()
    (tmp_path / "cut.ptau").write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadBinaryFile, match="not a whole ptau file"):
        keys.setup_from_ptau(
            tmp_path / "b", circuits.fits.r1cs, tmp_path / "cut.ptau", contributions=["me"]
        )
    assert not (tmp_path / "b").exists()


# failure on the way


def test_a_failed_setup_keeps_the_keys_that_were_there(
    copy: Path, circuits: Circuits, ptau: Path
) -> None:
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    with pytest.raises(InputError, match="can't name a contribution"):
        keys.setup_from_ptau(copy, circuits.fits.r1cs, ptau, contributions=["x" * 65])
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


TAMPERING: dict[str, tuple[Callable[[Path], None], str]] = {
    "vk changed": (lambda build: flip(build / "verification_key.json"), "SHA-256 differs"),
    "zkey changed": (lambda build: flip(build / "circuit_final.zkey"), "SHA-256 differs"),
    "vk gone": (lambda build: (build / "verification_key.json").unlink(), "isn't there"),
    "no manifest": (lambda build: (build / "keys.json").unlink(), "zkpot setup"),
    "no JSON": (lambda build: (build / "keys.json").write_text("{"), "not a key manifest"),
    "unknown trust": (
        lambda build: (build / "keys.json").write_text(
            (build / "keys.json").read_text().replace('"contributed"', '"divine"')
        ),
        "trust",
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_other_files_than_were_set_up_are_refused(copy: Path, name: str) -> None:
    tamper, message = TAMPERING[name]
    tamper(copy)
    with pytest.raises(KeyRefused, match=message):
        keys.load_keys(copy)


def test_a_verifier_needs_no_zkey(copy: Path) -> None:
    (copy / "circuit_final.zkey").unlink()
    assert keys.load_keys(copy).zkey is None


def test_a_truncated_zkey_never_reaches_snarkjs(tmp_path: Path, build: Path) -> None:
    cut = tmp_path / "cut.zkey"
    cut.write_bytes((build / "circuit_final.zkey").read_bytes()[:-7])
    with pytest.raises(BadBinaryFile, match="truncated"):
        snarkjs.groth16_prove(cut, tmp_path / "w", tmp_path / "p", tmp_path / "s")
    with pytest.raises(BadBinaryFile, match="truncated"):
        snarkjs.export_verification_key(cut, tmp_path / "vk.json")
    assert [path.name for path in tmp_path.iterdir()] == ["cut.zkey"]
