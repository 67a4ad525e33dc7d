"""Which steps from line to line of zkpot's own code a call takes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Self

ROOTS = ("zkpot.compiler", "zkpot.consensus", "zkpot.prover")
Edge = tuple[CodeType, int, int]
Local = Callable[[FrameType, str, Any], Any]


def _folders() -> tuple[str, ...]:
    specs = [find_spec(root) for root in ROOTS]
    return tuple(f"{Path(spec.origin).parent}/" for spec in specs if spec and spec.origin)


class Edges:
    """Collects (function, line, next line) while it is on; foreign code runs untraced."""

    def __init__(self) -> None:
        self.found: set[Edge] = set()
        self._folders = _folders()
        self._own: dict[CodeType, bool] = {}

    def __enter__(self) -> Self:
        self.found = set()
        sys.settrace(self._call)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, _event: str, _argument: object) -> Local | None:
        code = frame.f_code
        own = self._own.get(code)
        if own is None:
            own = self._own[code] = code.co_filename.startswith(self._folders)
        return self._local(code) if own else None

    def _local(self, code: CodeType) -> Local:
        found, before = self.found, 0

        def step(frame: FrameType, event: str, _argument: object) -> Local:
            nonlocal before
            if event == "line":
                found.add((code, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step
