"""A wheel, installed where no checkout is: complete, and able to fetch the pinned programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("compiler", "circuits", "templates", "prover", "consensus", "cli")
PACKAGES = [name for name in NAMES if (ROOT / name).is_dir()]

COMPILE = """
import json, pathlib, sys
from importlib.metadata import version
from importlib.resources import files
import zkpot.prover.circom, zkpot.prover.node_tree as node_tree

circuits, templates = files("zkpot.circuits"), files("zkpot.templates")
library = sorted(str(p.relative_to(circuits)) for p in circuits.rglob("*.circom"))
pathlib.Path("own.circom").write_text(sys.argv[1])
main, out = pathlib.Path("own.circom"), pathlib.Path("out")
made = zkpot.prover.circom.compile_circuit(main, circuits, out)
print(json.dumps({"version": version("zkpot"), "library": library, "r1cs": made.r1cs.exists(),
                  "home": str(circuits), "templates": templates.is_dir(),
                  "checkout": str(node_tree.checkout())}))
"""

OWN_CIRCUIT = """pragma circom 2.1.0;
template Own() { signal input a; signal input b; signal output c; c <== a * b; }
component main = Own();
"""


def run(argv: list[str | Path], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    hidden = ("PYTHONPATH", "ZKPOT_NODE_TREE", "NUMBA_CACHE_DIR")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        argv, cwd=cwd, env=env | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source archive, itself built from a copy that has no earlier build's files."""
    source = tmp_path_factory.mktemp("source") / "zkpot"
    source.mkdir()
    tidy = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=tidy)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, source)
    dist = source.parent / "dist"
    argv = [sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, source]
    done = run(argv, source)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; its dependencies are the test environment's."""
    home = tmp_path_factory.mktemp("elsewhere") / "env"
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "python"


def test_the_wheel_holds_every_module_circuit_and_template(wheel: Path) -> None:
    expected = {
        f"zkpot/{file.relative_to(ROOT).as_posix()}"
        for name in PACKAGES
        for file in (ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
        if file.suffix in (".py", ".circom") or name == "templates"
    }
    expected |= {"zkpot/prover/node/package.json", "zkpot/prover/node/package-lock.json"}
    held = set(zipfile.ZipFile(wheel).namelist())
    assert expected - held == set()
    assert "zkpot/__init__.py" not in held
    assert {name.split("/")[0] for name in held} == {"zkpot", "zkpot-0.1.0.dist-info"}
    assert "zkpot/prover/py.typed" in held
    assert "zkpot-0.1.0.dist-info/licenses/LICENSE" in held


def test_first_use_installs_the_pinned_programs_once_and_says_so(
    python: Path, tmp_path: Path
) -> None:
    """Two processes come at the same time; a third finds everything in place."""
    cache, first, second = tmp_path / "cache", tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    argv = [python, "-I", "-c", COMPILE, OWN_CIRCUIT]
    with ThreadPoolExecutor() as pool:
        started = [
            pool.submit(run, argv, folder, XDG_CACHE_HOME=str(cache)) for folder in (first, second)
        ]
    said = ""
    for done in (future.result() for future in started):
        assert done.returncode == 0, done.stderr
        assert '"r1cs": true' in done.stdout
        assert '"checkout": "None"' in done.stdout
        assert str(python.parent.parent) in done.stdout
        said += done.stderr
    assert said.count("installing circom2 0.2.23, snarkjs 0.7.6 into") == 1
    assert str(cache / "zkpot" / "node-") in said
    folders = [path.name for path in (cache / "zkpot").iterdir() if path.is_dir()]
    assert len(folders) == 1

    again = run(argv, tmp_path, XDG_CACHE_HOME=str(cache), NPM_CONFIG_OFFLINE="true")
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert '"version": "0.1.0"' in again.stdout


def test_without_a_registry_the_error_names_the_remedy(python: Path, tmp_path: Path) -> None:
    argv = [python, "-I", "-c", COMPILE, OWN_CIRCUIT]
    settings = {"NPM_CONFIG_OFFLINE": "true", "NPM_CONFIG_CACHE": str(tmp_path / "npm")}
    done = run(argv, tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"), **settings)
    assert done.returncode == 1
    assert "ToolFailed: installing the Node programs (npm ci) failed" in done.stderr
    assert "remedy" in done.stderr
    assert not [path for path in (tmp_path / "cache" / "zkpot").iterdir() if path.is_dir()]
