"""The errors of driving external programs and of the files they write."""

from __future__ import annotations

from zkpot.compiler.errors import InputError, ToolError, ZkpotError


class ToolMissing(ToolError):
    """A program that is needed isn't there, or is too old."""


class ToolTimeout(ToolError):
    """A program ran into its time limit and was ended with its whole process group."""


class ToolFailed(ToolError):
    """A program failed: by its exit code, its messages, or what it left in its output files."""


class CircomError(ToolFailed):
    """Circom refused the circuit; names file, line and circom's message."""


class WitnessError(ToolFailed):
    """The witness generator met an assertion that the inputs don't satisfy."""


class OutputError(ZkpotError):
    """A result couldn't be written: full disk, missing rights, a folder that isn't there."""


class BadBinaryFile(InputError):
    """An r1cs, wtns, zkey, ptau or wasm file is truncated, or not what its name says."""


class PtauError(InputError):
    """A powers-of-tau file that can't serve this circuit: too small, unprepared, other curve."""


class KeyRefused(InputError):
    """Key material that must not be used: forgeable, degenerate, or not what its manifest says."""
