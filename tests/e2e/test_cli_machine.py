"""No Node, no space, no permission, no time left: an error, and nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trial import COMPILE, CONTEXT, Trial, contents, refused, zkpot
from zkpot.prover import process


def test_without_node_nothing_is_made_and_verifying_works(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = zkpot("compile", trial.file("int8.onnx"), *COMPILE, tmp_path / "build", "--json")
    refused(outcome, 3, "node was not found", "install Node.js")
    assert outcome.json["error"]["kind"] == "ToolMissing"
    refused(trial.prove(tmp_path / "proof"), 3, "node was not found")
    assert list(tmp_path.iterdir()) == []
    assert trial.verify().code == 0


def small_disk(kilobytes: int, *args: object, cwd: Path, temporary: Path) -> process.Completed:
    """The command in a process that can't write files beyond a size, as if the disk were full."""
    limit = f'ulimit -f {2 * kilobytes}; exec "$@"'  # sh counts blocks of 512 bytes
    argv = ["/bin/sh", "-c", limit, "sh", sys.executable, "-m", "zkpot.cli", *map(str, args)]
    env = {"TMPDIR": str(temporary)}
    return process.run(argv, cwd=cwd, timeout_s=300, what="zkpot", env=env)


def test_a_full_disk(trial: Trial, copy: Path, tmp_path: Path) -> None:
    temporary, model = tmp_path / "temporary", trial.file("int8.onnx")
    temporary.mkdir()
    before = contents(tmp_path)
    data = trial.file("test.npz")
    proof = ("--data", data, "--context", CONTEXT, "--out", tmp_path / "proof")
    commands: tuple[tuple[int, tuple[object, ...]], ...] = (
        (1, ("quantize", trial.file("float.onnx"), "--calibration", data, "--out", tmp_path / "m")),
        (500, ("compile", model, *COMPILE, tmp_path / "new")),
        (5000, ("setup", copy, "--dev")),
        (10, ("prove", copy, "--model", model, *proof)),
    )
    for kilobytes, args in commands:
        ran = small_disk(kilobytes, *args, cwd=tmp_path, temporary=temporary)
        assert ran.returncode in (2, 3), ran.stderr
        assert "error: " in ran.stderr
        assert "free" in ran.stderr or "Could not write the output" in ran.stderr, ran.stderr
        assert "Traceback" not in ran.stderr
        assert contents(tmp_path) == before
        assert list(temporary.iterdir()) == []


def test_a_terminated_command_ends_its_children_and_cleans_up(trial: Trial, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    argv = [sys.executable, "-m", "zkpot.cli", "compile", str(trial.file("int8.onnx"))]
    argv += ["--samples", "200", "--out", str(tmp_path / "build")]
    env = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(argv, env=env, stderr=subprocess.PIPE, text=True) as command:
        deadline = time.monotonic() + 60
        while not list(temporary.glob("zkpot-circom-*/include")):
            assert command.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        command.send_signal(signal.SIGTERM)
        _, said = command.communicate(timeout=60)
    assert command.returncode == 143
    assert "terminated" in said
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["temporary"]
    assert not running_in(temporary)


def running_in(folder: Path) -> list[str]:
    """Processes whose working folder is, or was, below ``folder``."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if str(folder) in str(link.readlink()):
                found.append(link.parent.name)
        except OSError:
            continue
    return found


def test_an_output_below_a_file(trial: Trial, tmp_path: Path) -> None:
    blocked, model = tmp_path / "file" / "below", trial.file("int8.onnx")
    (tmp_path / "file").write_bytes(b"in the way")
    train = ("--calibration", trial.file("train.npz"))
    commands: tuple[tuple[object, ...], ...] = (
        ("quantize", trial.file("float.onnx"), *train, "--out", blocked),
        ("compile", model, *COMPILE, blocked),
        ("commit", trial.build, "--model", model, "--out", blocked),
        ("export", trial.file("proof.json"), "--out", blocked),
    )
    for args in commands:
        refused(zkpot(*args), 2, "can't write", "file/below")
        assert contents(tmp_path) == {"file": b"in the way"}
