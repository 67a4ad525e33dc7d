"""zkpot: the group of all commands, and what becomes of their errors."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from types import FrameType
from typing import Any

import click
from zkpot.compiler.errors import InputError, ZkpotError

UNEXPECTED, INTERRUPTED, TERMINATED = 70, 130, 143

COMMANDS = {
    "quantize": ("quantize:quantize", "Make an int8 model whose circuit is small."),
    "check": ("check:check", "Compare the integers to be proven with onnxruntime."),
    "estimate": ("estimate:estimate", "Say what a circuit will cost before it is made."),
    "explain": ("explain:explain", "Show every node, its width, and its cost."),
    "ops": ("ops:ops", "List the ONNX operators that can be compiled."),
    "compile": ("compile:compile_", "Turn an int8 model into a circuit for N samples."),
    "setup": ("setup:setup", "Make a circuit's proving and verification keys."),
    "commit": ("commit:commit", "Commit to a model's weights."),
    "prove": ("prove:prove", "Prove how many samples a model classifies correctly."),
    "verify": ("verify:verify", "Check a proof against the data and its context."),
    "rank": ("rank:rank", "Verify many proofs and rank them by accuracy."),
    "audit": ("audit:audit", "Decide whether a circuit leaves its prover any choice."),
    "export": ("export:export", "Write a proof as snarkjs's own files."),
    "report": ("report:report", "Write one HTML page about a build or a proof."),
    "demo": ("demo:demo", "Play a whole round with five contributors."),
    "doctor": ("doctor:doctor", "Look for what is missing on this machine."),
}
"""Name -> module and function in this package, and one line for the list. A command's module is
imported when it runs, so that help is quick and a command loads only what it needs."""

EPILOG = """\b
Example, from a float model to a verified proof:
  zkpot quantize model.onnx --calibration train.npz --out int8.onnx
  zkpot compile int8.onnx --samples 100 --calibration train.npz --out build
  zkpot setup build --dev
  zkpot commit build --model int8.onnx --out secret.json
  zkpot prove build --model int8.onnx --data test.npz --secret secret.json \\
    --context task/round-1/alice --out proof.json
  zkpot verify proof.json --build build --data test.npz \\
    --context task/round-1/alice --allow-dev

\b
Every command takes --json: then standard output is one JSON object, and an error is
  {"error": {"kind", "what", "why", "remedy"}}. Progress goes to standard error.

\b
Exit codes:
    0  done, and true
    1  checked, and false: an invalid proof, a model that is not exact
    2  wrong use or input: an argument, a file, a model, data
    3  a tool is missing or failed: node, circom, snarkjs
    4  a bound that soundness needs is missing; nothing was made
   70  a fault in zkpot itself (--debug shows where)
  130  interrupted;  143  terminated
"""


class Commands(click.Group):
    """Finds each command in `COMMANDS`, and imports it only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(f".{module}", __package__), function)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="zkpot", prog_name="zkpot")
@click.option("--debug", is_flag=True, help="Show Python's traceback of an error.")
def cli(debug: bool) -> None:
    """Prove the exact accuracy of an int8 ONNX model on a public test set, weights kept private."""


class Terminated(BaseException):
    """SIGTERM, as an exception: children are ended and temporary folders go on its way out."""


def _terminate(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one would interrupt the cleaning up
    raise Terminated


def main(args: Sequence[str] | None = None) -> None:
    """The program: runs ``args`` (by default the process's) and exits with a documented code."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reports to its maker
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    sys.exit(run(sys.argv[1:] if args is None else list(args)))


def run(args: list[str]) -> int:
    """Runs one command; the exit code. Errors are on standard error, with --json on both."""
    before_end = args[: args.index("--")] if "--" in args else args
    as_json, debug = "--json" in before_end, "--debug" in before_end
    if debug:
        args = ["--debug", *(a for a in args if a != "--debug")]
    try:
        code = cli.main(args, prog_name="zkpot", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return _reported(_fault(error), 2, as_json)
    except ZkpotError as error:
        _traced(debug)
        click.echo(f"error: {error}", err=True)
        return _reported(_named(error), error.exit_code, as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Terminated:
        click.echo("terminated", err=True)
        return TERMINATED
    except OSError as error:
        _traced(debug)
        refused = InputError(
            f"the system refuses: {error.strerror or error}",
            why=f"it does so for {error.filename}" if error.filename else "",
            remedy="check free disk space (also where TMPDIR points) and the rights on the files",
        )
        click.echo(f"error: {refused}", err=True)
        return _reported(_named(refused), refused.exit_code, as_json)
    except Exception as error:  # noqa: BLE001
        _traced(debug)
        return _reported(_unexpected(error), UNEXPECTED, as_json)


def _traced(debug: bool) -> None:
    if debug:
        traceback.print_exc()


def _named(error: ZkpotError) -> dict[str, str]:
    kind = type(error).__name__
    return {"kind": kind, "what": error.what, "why": error.why, "remedy": error.remedy}


def _fault(error: click.ClickException) -> dict[str, str]:
    what, remedy = error.format_message(), "see the command's --help"
    return {"kind": "UsageError", "what": what, "why": "", "remedy": remedy}


def _unexpected(error: Exception) -> dict[str, str]:
    kind, why = type(error).__name__, str(error)
    what = "this is a fault in zkpot itself"
    remedy = f"run it again with --debug and report what it shows (zkpot {version('zkpot')})"
    click.echo(f"error: {what}: {kind}: {why}\n  remedy: {remedy}", err=True)
    return {"kind": kind, "what": what, "why": why, "remedy": remedy}


def _reported(error: dict[str, Any], code: int, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"error": error}, indent=1))
    return code
