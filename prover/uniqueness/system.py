"""A circuit's constraints as sparse forms over the integers below a prime."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from zkpot.compiler.field import FIELD
from zkpot.prover.binfile import section_bytes

if TYPE_CHECKING:
    from zkpot.prover.engine.r1cs import SparseMatrix

LABELS = 3
"""The section that says which signal of the source each wire is. A simplified circuit may lack
some inputs, though its header counts them: they are recognized by their labels."""

Form = dict[int, int]
"""Wire to its coefficient, none of them 0; wire 0 is the constant 1."""

Row = tuple[Form, Form, Form]
"""A, B, C of the constraint A·B = C."""


@dataclass(frozen=True)
class System:
    """``wires``: how many, the constant at 0 included. ``names`` may lack some."""

    prime: int
    wires: int
    outputs: range
    inputs: Collection[int]
    rows: Sequence[Row]
    names: Mapping[int, str] = field(default_factory=dict)

    def name(self, wire: int) -> str:
        """A signal that the wire carries."""
        return self.names.get(wire, f"wire {wire}")

    @classmethod
    def read(cls, r1cs: Path, sym: Path | None = None) -> System:
        """The constraints in an r1cs file, and names from its sym file.

        Raises InputError where a file is no such file.
        """
        from zkpot.prover.engine.r1cs import read_r1cs  # numba takes a second to load

        read = read_r1cs(r1cs)
        labels = np.frombuffer(section_bytes(r1cs, "r1cs", LABELS), "<u8")
        given = range(1 + read.n_pub_out, 1 + read.n_pub_out + read.n_pub_in + read.n_prv_in)
        parts = [_forms(m, read.n_constraints) for m in (read.a, read.b, read.c)]
        return cls(
            FIELD,
            read.n_wires,
            range(1, 1 + read.n_pub_out),
            [wire for wire, label in enumerate(labels.tolist()) if label in given],
            list(zip(*parts, strict=True)),
            {} if sym is None else read_names(sym),
        )


def _forms(matrix: SparseMatrix, count: int) -> list[Form]:
    raw = matrix.value.astype("<u8").tobytes()
    found: list[Form] = [{} for _ in range(count)]
    pairs = zip(matrix.constraint.tolist(), matrix.wire.tolist(), strict=True)
    for i, (row, wire) in enumerate(pairs):
        value = int.from_bytes(raw[32 * i : 32 * i + 32], "little") + found[row].get(wire, 0)
        found[row][wire] = value % FIELD
    return [{w: c for w, c in form.items() if c} for form in found]


def read_names(sym: Path) -> dict[int, str]:
    """The first name of every wire in a sym file (label, wire, component, name a line)."""
    names: dict[int, str] = {}
    with sym.open() as lines:
        for line in lines:
            _, wire, _, name = line.rstrip("\n").split(",", 3)
            names.setdefault(int(wire), name)
    names.pop(-1, None)
    return names


def signed(value: int, prime: int) -> int:
    """The representative of ``value`` nearest to zero."""
    value %= prime
    return value if value <= prime // 2 else value - prime


def plus(a: Form, b: Form, factor: int, prime: int) -> Form:
    """a + factor·b."""
    total = dict(a)
    for wire, coefficient in b.items():
        value = (total.get(wire, 0) + factor * coefficient) % prime
        if value:
            total[wire] = value
        else:
            total.pop(wire, None)
    return total


def times(form: Form, factor: int, prime: int) -> Form:
    """factor·form, for a factor that is not 0."""
    return {wire: c * factor % prime for wire, c in form.items()}


def is_constant(form: Form) -> bool:
    """Whether the form is of no wire but the 1."""
    return not form or (len(form) == 1 and 0 in form)


def canonical(form: Form, prime: int) -> tuple[tuple[int, int], ...]:
    """``form`` up to a factor: its first wire's coefficient is 1."""
    first = min(form)
    scaled = times(form, pow(form[first], -1, prime), prime)
    return tuple(sorted(scaled.items()))
