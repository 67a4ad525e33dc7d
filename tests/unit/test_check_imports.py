"""The import rule finds what it must, in any spelling, and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rule() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rule", ROOT / "tools" / "check_imports.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["rule"] = module
    spec.loader.exec_module(module)
    return module


def found(rule: ModuleType, root: Path, place: str, text: str) -> list[str]:
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [hit for package in rule.PACKAGES for hit in rule.check_package(root, package)]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("compiler/emit.py", "import onnx"),
        ("compiler/passes/fold.py", "from onnx.helper import make_node"),
        ("cli/check.py", "import onnxruntime as ort"),
        ("prover/context.py", "import importlib\nimportlib.import_module('onnx')"),
        ("prover/context.py", "__import__('onnx')"),
        ("compiler/emit.py", "def f():\n    import subprocess"),
        ("cli/main.py", "from subprocess import run"),
        ("cli/main.py", "import os\nos.system('ls')"),
        ("cli/main.py", "import os as system\nsystem.popen('ls')"),
        ("cli/main.py", "from os import execvp"),
        ("consensus/rank.py", "import asyncio\nasyncio.create_subprocess_exec('ls')"),
        ("consensus/rank.py", "import multiprocessing.pool"),
        ("consensus/rank.py", "from concurrent.futures import ProcessPoolExecutor"),
        ("prover/circom.py", "import subprocess"),
        ("compiler/emit.py", "from zkpot.prover import circom"),
        ("compiler/emit.py", "from zkpot import prover"),
        ("compiler/ops/relu.py", "from ...prover import circom"),
        ("compiler/emit.py", "import zkpot.cli.main"),
        ("compiler/emit.py", "import zkpot.compiler.ir, zkpot.consensus"),
        ("circuits/__init__.py", "from zkpot.compiler import ir"),
        ("templates/__init__.py", "from .. import compiler"),
        ("prover/keys.py", "from ..consensus import rank"),
        ("consensus/rank.py", "import zkpot.cli"),
    ],
)
def test_violations_are_found(rule: ModuleType, tmp_path: Path, place: str, text: str) -> None:
    hits = found(rule, tmp_path, place, text)
    assert hits
    assert all(hit.startswith(f"{place}:") for hit in hits)
    assert rule.main(tmp_path) == 1


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("compiler/frontend/load.py", "import onnx\nfrom onnxruntime import InferenceSession"),
        ("prover/process.py", "import subprocess\nsubprocess.run(['ls'])"),
        ("prover/prove.py", "from zkpot.compiler import ir\nimport os\nos.replace('a', 'b')"),
        ("consensus/rank.py", "from zkpot.prover.verify import verify"),
        ("cli/main.py", "from zkpot.consensus import rank\nfrom zkpot.compiler import ir"),
        ("cli/main.py", "import onnx_like\nsubprocess = 1\nsubprocess.run"),
        ("circuits/__init__.py", "from pathlib import Path"),
        ("compiler/passes/fold.py", "from ..ir import Graph\nfrom zkpot.compiler.ops import Add"),
    ],
)
def test_what_is_allowed_passes(rule: ModuleType, tmp_path: Path, place: str, text: str) -> None:
    assert found(rule, tmp_path, place, text) == []
    assert rule.main(tmp_path) == 0


def test_this_repository_obeys(rule: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert rule.main(ROOT) == 0, capsys.readouterr().out
