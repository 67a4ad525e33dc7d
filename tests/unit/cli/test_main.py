"""What becomes of errors and signals, whatever command they come from."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator

import click
import pytest
from zkpot.cli import main as program
from zkpot.compiler.errors import InputError, InvalidProof, SoundnessError, ToolError

WHAT, WHY, REMEDY = "the thing is wrong", "it was made so", "make another"


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """A command that raises what the list holds."""
    errors: list[BaseException] = []

    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    def command(as_json: bool) -> None:
        raise errors[0]

    monkeypatch.setattr(program.Commands, "get_command", lambda *_: command)
    return errors


@pytest.mark.parametrize(
    ("kind", "code"), [(InputError, 2), (InvalidProof, 1), (ToolError, 3), (SoundnessError, 4)]
)
def test_each_error_has_its_exit_code(raising, capsys, kind, code) -> None:
    raising.append(kind(WHAT, why=WHY, remedy=REMEDY))
    assert program.run(["verify"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"error: {raising[0]}\n"
    assert all(text in err for text in (WHAT, WHY, f"\n  remedy: {REMEDY}\n"))
    assert program.run(["verify", "--json"]) == code
    out, again = capsys.readouterr()
    expected = {"kind": kind.__name__, "what": WHAT, "why": WHY, "remedy": REMEDY}
    assert json.loads(out) == {"error": expected}
    assert again == err


def test_the_unexpected_is_short_unless_debugged(raising, capsys) -> None:
    raising.append(ZeroDivisionError("division by zero"))
    assert program.run(["verify"]) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in err
    assert "Traceback" not in err
    for args in (["--debug", "verify"], ["verify", "--debug"]):
        assert program.run(args) == 70
        assert "Traceback" in capsys.readouterr().err


def test_the_systems_refusals_are_the_users_to_mend(raising, capsys) -> None:
    raising.append(OSError(errno.ENOSPC, "No space left on device", "/tmp/x"))
    assert program.run(["verify", "--json"]) == 2
    out, err = capsys.readouterr()
    assert "No space left on device" in err
    assert "/tmp/x" in err
    assert json.loads(out)["error"]["kind"] == "InputError"


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (program.Terminated(), 143)]
)
def test_interrupted_and_terminated(raising, capsys, error, code) -> None:
    raising.append(error)
    assert program.run(["verify"]) == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "args", [["nonsense"], ["estimate"], ["estimate", "m", "--samples", "0"], ["--nonsense"]]
)
def test_wrong_use_is_2(capsys, args) -> None:
    assert program.run([*args, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["kind"] == "UsageError"
    assert "Error: " in err


def test_an_exit_code_given_by_a_command_is_the_programs(raising) -> None:
    raising.append(click.exceptions.Exit(1))
    assert program.run(["verify"]) == 1


def test_options_after_two_dashes_are_arguments(raising, capsys) -> None:
    raising.append(InputError(WHAT))
    assert program.run(["estimate", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_every_exit_code_is_documented(capsys) -> None:
    assert program.run(["--help"]) == 0
    shown = capsys.readouterr().out.split("Exit codes:")[1]
    for code in (0, 1, 2, 3, 4, program.UNEXPECTED, program.INTERRUPTED, program.TERMINATED):
        assert f" {code}  " in shown
