"""The command line in this process, and a task that was taken through it."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from zkpot.cli.main import run
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.prover.bundle import Bundle, read_bundle
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset
from zkpot.prover.verify import Verifier
from zkpot.prover.workflow import open_task, read_test_set

SAMPLES, HIDDEN, CONTEXT = 8, 8, "digits/round-1/alice"


@dataclass(frozen=True)
class Outcome:
    """What one command gave: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


def zkpot(*args: object) -> Outcome:
    """The command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(map(str, args)))
    return Outcome(code, out.getvalue(), err.getvalue())


def done(*args: object) -> dict[str, Any]:
    """The JSON of a command that has to succeed."""
    outcome = zkpot(*args, "--json")
    assert outcome.code == 0, outcome.err
    return outcome.json


@dataclass(frozen=True)
class Trial:
    """All files of the task. ``said``: what each command printed with --json."""

    folder: Path
    said: dict[str, dict[str, Any]]

    def file(self, name: str) -> Path:
        return self.folder / name

    @property
    def build(self) -> Path:
        return self.folder / "build"

    def prove(self, out: Path, **changes: object) -> Outcome:
        options = {
            "model": self.file("int8.onnx"),
            "data": self.file("test.npz"),
            "context": CONTEXT,
            "secret": self.file("secret.json"),
            "out": out,
            **changes,
        }
        flags = [text for key, value in options.items() for text in (f"--{key}", value)]
        return zkpot("prove", self.build, *flags, "--json")

    def verify(self, *extra: object, data: Path | None = None, context: str = CONTEXT) -> Outcome:
        return zkpot(
            *("verify", self.file("proof.json"), "--build", self.build, "--context", context),
            *("--data", data or self.file("test.npz"), "--allow-dev", *extra, "--json"),
        )

    def verifier(self) -> Verifier:
        task = open_task(self.build)
        return Verifier(task.build, task.keys, allow_dev=True)

    def dataset(self) -> Dataset:
        return read_test_set(open_task(self.build).build, self.file("test.npz"))

    def bundle(self) -> Bundle:
        return read_bundle(self.file("proof.json"))

    @property
    def context(self) -> Context:
        return Context(CONTEXT)


def trained(x: np.ndarray, y: np.ndarray, hidden: int, seed: int = 0) -> bytes:
    """Float ONNX of a perceptron trained for a moment."""
    model = MLPClassifier((hidden,), max_iter=60, random_state=seed, alpha=1.0)
    with pytest.warns():  # it says that it could go on
        model.fit(x, y)
    return export_mlp(model.coefs_, model.intercepts_)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``; a failed command must leave this as it was."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


COMPILE = ("--samples", SAMPLES, "--out")


def refused(outcome: Outcome, code: int, *words: str) -> None:
    """The command failed as it should, without a traceback."""
    assert outcome.code == code, outcome.err
    assert "error: " in outcome.err
    assert "remedy: " in outcome.err
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err
    if outcome.out:
        assert set(outcome.json["error"]) == {"kind", "what", "why", "remedy"}
