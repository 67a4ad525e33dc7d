"""Compiling a circuit with circom2, which is a WebAssembly program and sees one folder only."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zkpot.compiler.errors import InputError
from zkpot.prover import atomic, process
from zkpot.prover.binfile import check_wasm, read_r1cs_header, read_sections
from zkpot.prover.errors import BadBinaryFile, CircomError
from zkpot.prover.process import Completed, Progress
from zkpot.prover.toolchain import Toolchain, toolchain

TIMEOUT_S = 3600.0
_ERROR = re.compile(r"^(?:fatal )?error(?:\[(\w+)\])?: *(.+)$", re.MULTILINE)
_PLACE = re.compile(r'"?([^"\s]+\.circom)"?:(\d+):\d+')
_OUT_OF_MEMORY = ("memory allocation of", "RuntimeError: unreachable", "out of memory")


@dataclass(frozen=True)
class CircomOutputs:
    """Where the compiled files are; ``cpu_s`` and ``peak_rss`` (bytes) are what it took."""

    r1cs: Path
    wasm: Path
    sym: Path
    cpu_s: float
    peak_rss: int


def compile_circuit(
    main: Path,
    include: Path,
    out_dir: Path,
    *,
    optimize: Literal["O0", "O1", "O2"] = "O1",
    timeout_s: float = TIMEOUT_S,
    heap_mb: int | None = None,
    progress: Progress | None = None,
    tools: Toolchain | None = None,
) -> CircomOutputs:
    """Compile ``main`` (NAME.circom) to NAME.r1cs, NAME.sym and NAME_js/NAME.wasm in ``out_dir``.

    ``include`` is the folder that ``include "lib/…"`` lines start from. The outputs appear whole
    or not at all. Raises CircomError with file and line, ToolTimeout, OutputError.
    """
    tools = tools or toolchain()
    _require_sources(main, include)
    if progress:
        progress(f"compiling {main.name} with circom {tools.versions['circom2']} --{optimize}")
    with tempfile.TemporaryDirectory(prefix="zkpot-circom-") as folder:
        work = Path(folder)
        _copy_sources(main, include, work)
        what = f"compiling {main.name}"
        args = [main.name, "--r1cs", "--wasm", "--sym", f"--{optimize}", "-l", "include"]
        done = tools.run("circom2", args, cwd=work, timeout_s=timeout_s, what=what, heap_mb=heap_mb)
        _require_success(done, what)
        made = _outputs(work, main.stem, done)
        _check(made, done, what)
        return _move(made, _outputs(out_dir, main.stem, done))


def _require_sources(main: Path, include: Path) -> None:
    if not main.is_file():
        raise InputError(f"{main} is not a file", remedy="name the circuit's main file")
    if not include.is_dir():
        raise InputError(f"{include} is not a folder", remedy="name the circuit library's folder")


def _copy_sources(main: Path, include: Path, work: Path) -> None:
    try:
        shutil.copyfile(main, work / main.name)
        for source in include.rglob("*.circom"):
            target = work / "include" / source.relative_to(include)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    except OSError as error:
        raise atomic.output_error(work, error) from error


def _require_success(done: Completed, what: str) -> None:
    text = done.stdout + done.stderr
    found = _ERROR.search(text)
    if found:
        raise CircomError(
            f"{what} failed{_place(text[found.end() :])}",
            why=f"circom says: {found[2].strip()} [{found[1] or 'no code'}]\n"
            f"{process.last_lines(text)}",
            remedy="correct the circuit at that place",
        )
    if done.returncode != 0 and any(sign in text for sign in _OUT_OF_MEMORY):
        raise CircomError(
            f"{what} ran out of memory",
            why="circom2 is a WebAssembly program and can't use more than 4 GB",
            remedy="compile for fewer samples, or a smaller network",
        )
    process.require_success(done, what)


def _place(text: str) -> str:
    found = _PLACE.search(text)
    return f" at {found[1]}:{found[2]}" if found else ""


def _outputs(folder: Path, name: str, done: Completed) -> CircomOutputs:
    wasm = folder / f"{name}_js" / f"{name}.wasm"
    sym = folder / f"{name}.sym"
    return CircomOutputs(folder / f"{name}.r1cs", wasm, sym, done.cpu_s, done.peak_rss)


def _check(made: CircomOutputs, done: Completed, what: str) -> None:
    """Look at the files themselves: an exit code of 0 promises nothing."""
    try:
        header = read_r1cs_header(made.r1cs)
        constraints = read_sections(made.r1cs, "r1cs").get(2)
        check_wasm(made.wasm)
    except BadBinaryFile as error:
        raise process.failure(done, what, str(error)) from error
    if constraints is None or constraints.size < 12 * header.constraints:
        raise process.failure(done, what, "the r1cs lacks constraints that its header counts")
    sym = made.sym.read_bytes() if made.sym.is_file() else b""
    if sym.count(b"\n") != header.labels - 1:
        why = f"the sym file names {sym.count(10)} of {header.labels - 1} signals"
        raise process.failure(done, what, why)


def _move(made: CircomOutputs, wanted: CircomOutputs) -> CircomOutputs:
    """Copy all three beside their final places, then rename all three."""
    with ExitStack() as stack:
        for name in ("r1cs", "wasm", "sym"):
            part = stack.enter_context(atomic.replacing(getattr(wanted, name)))
            shutil.copyfile(getattr(made, name), part)
    return wanted
