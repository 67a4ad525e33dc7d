"""The secrets of a single-party setup: drawn from the system's generator, used once, erased."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from zkpot.prover.engine.field import R


@dataclass(repr=False)
class Trapdoor:
    """tau, alpha, beta, delta: whoever knows them can prove anything under the key.

    Never printed (no ``repr``), never written. Erasure is best effort: the arrays derived from
    them are zeroed by their owners, but Python integers can't be overwritten, so ``forget`` only
    drops the references, and copies may stay in the process's memory until it ends.
    """

    tau: int
    alpha: int
    beta: int
    delta: int

    def forget(self) -> None:
        """Drop the values."""
        self.tau = self.alpha = self.beta = self.delta = 0


def _random_scalar() -> int:
    """Uniform in [2, R), by rejection: not 0, and not 1, which would make delta equal gamma."""
    return 2 + secrets.randbelow(R - 2)


def draw_trapdoor(power: int) -> Trapdoor:
    """Fresh secrets whose tau is no root of unity of the domains of size 2^power and 2^(power+1)"""
    while True:
        tau = _random_scalar()
        if pow(tau, 2 << power, R) != 1:
            return Trapdoor(tau, _random_scalar(), _random_scalar(), _random_scalar())
