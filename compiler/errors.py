"""The errors a user can meet, each with its exit code, its reason and its remedy."""

from __future__ import annotations

from typing import ClassVar


class ZkpotError(Exception):
    """Root of every error that zkpot raises on purpose.

    ``what`` names the thing that is wrong, ``why`` the reason, ``remedy`` what to do about it.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        self.what, self.why, self.remedy = what, why, remedy
        text = f"{what}: {why}" if why else what
        super().__init__(f"{text}\n  remedy: {remedy}" if remedy else text)


class InputError(ZkpotError):
    """Something the user gave (file, argument, model, data) can't be used."""


class InvalidProof(ZkpotError):
    """A check was carried out and its answer is no."""

    exit_code = 1


class ToolError(ZkpotError):
    """An external tool is missing, failed, hung or wrote rubbish."""

    exit_code = 3


class SoundnessError(ZkpotError):
    """A pass could not establish a bound that soundness needs; nothing is emitted."""

    exit_code = 4
