"""Who may import what: read from the syntax trees, so that what isn't run is checked too.

Usage: check_imports.py [ROOT]. Prints each violation as FILE:LINE: REASON and exits 1 if any.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("compiler", "circuits", "templates", "prover", "consensus", "cli")


@dataclass(frozen=True)
class Rule:
    """``names`` (modules, or names in them) may be used only in files under ``allowed``."""

    names: tuple[str, ...]
    allowed: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Layer:
    """Files under ``package`` must not import ``forbidden``."""

    package: str
    forbidden: tuple[str, ...]


PROCESS_STARTERS = (
    "subprocess",
    "pty",
    "os.system",
    "os.popen",
    "os.startfile",
    *(f"os.{name}{suffix}" for name in ("exec", "spawn") for suffix in
      ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
    "os.posix_spawn",
    "os.posix_spawnp",
    "os.fork",
    "os.forkpty",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
)  # fmt: skip

RULES = (
    Rule(("onnx", "onnxruntime"), ("compiler/frontend/",), "only compiler/frontend knows ONNX"),
    Rule(PROCESS_STARTERS, ("prover/process.py",), "only prover/process.py starts processes"),
    Rule(
        ("multiprocessing", "concurrent.futures.ProcessPoolExecutor", "joblib"),
        ("prover/",),
        "only prover/ starts processes",
    ),
)

LAYERS = (
    Layer("compiler", ("zkpot.prover", "zkpot.consensus", "zkpot.cli")),
    Layer("circuits", ("zkpot",)),
    Layer("templates", ("zkpot",)),
    Layer("prover", ("zkpot.consensus", "zkpot.cli")),
    Layer("consensus", ("zkpot.cli",)),
)


@dataclass(frozen=True)
class Use:
    """A dotted name that a file imports or reads, and where."""

    name: str
    line: int


def main(root: Path) -> int:
    """Check every package under ``root``; the exit code."""
    found = [text for package in PACKAGES for text in check_package(root, package)]
    print("\n".join(found) if found else "imports: as they should be")
    return 1 if found else 0


def check_package(root: Path, package: str) -> Iterator[str]:
    """Violations in one of the packages."""
    for file in sorted((root / package).rglob("*.py")):
        place = file.relative_to(root)
        for use in uses(ast.parse(file.read_text(), str(file)), place):
            for reason in violations(place.as_posix(), use.name):
                yield f"{place}:{use.line}: {use.name}: {reason}"


def violations(place: str, name: str) -> Iterator[str]:
    """Reasons why the file at ``place`` must not use ``name``."""
    for rule in RULES:
        if any(_is_in(name, it) for it in rule.names) and not place.startswith(rule.allowed):
            yield rule.reason
    for layer in LAYERS:
        if place.startswith(f"{layer.package}/") and not _is_in(name, f"zkpot.{layer.package}"):
            for forbidden in layer.forbidden:
                if _is_in(name, forbidden):
                    yield f"{layer.package} must not import {forbidden}"


def _is_in(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def uses(tree: ast.Module, place: Path) -> Iterator[Use]:
    """Everything imported (relative imports resolved, ``as`` seen through, ``import_module("x")``
    too), and every attribute read from an imported module.
    """
    package = ("zkpot", *place.parent.parts)
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        for local, name in _imported(node, package):
            aliases[local] = name
            yield Use(name, getattr(node, "lineno", 0))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (chain := _dotted(node)):
            first, _, rest = chain.partition(".")
            if first in aliases:
                yield Use(f"{aliases[first]}.{rest}", node.lineno)
        if isinstance(node, ast.Call) and (module := _imported_by_call(node)):
            yield Use(module, node.lineno)


def _imported(node: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Local name and full name of each thing an import statement brings."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, alias.name
            else:
                top = alias.name.partition(".")[0]
                yield top, top
                yield f"{alias.name}:", alias.name
    elif isinstance(node, ast.ImportFrom):
        above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
        base = ".".join(filter(None, (above, node.module)))
        for alias in node.names:
            yield alias.asname or alias.name, f"{base}.{alias.name}"


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)):
        return f"{base}.{node.attr}"
    return None


def _imported_by_call(node: ast.Call) -> str | None:
    """The module in ``import_module("module")`` or ``__import__("module")``."""
    called = (_dotted(node.func) or "").rpartition(".")[2]
    first = node.args[0] if node.args else None
    if called not in ("import_module", "__import__") or not isinstance(first, ast.Constant):
        return None
    return first.value if isinstance(first.value, str) else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent))
