"""Whether integer coordinates (below q; all zeros is infinity) are a finite member of G1 or G2."""

from __future__ import annotations

from zkpot.prover.engine.curve import is_in_subgroup, is_on_curve
from zkpot.prover.engine.field import address
from zkpot.prover.engine.pairing import g1_words, g2_words
from zkpot.prover.points import G1Point, G2Point


def g1_fault(point: G1Point) -> str | None:
    """Why ``point`` is not a finite element of G1 (whose cofactor is 1); ``None`` if it is."""
    if point == (0, 0):
        return "it is the point at infinity"
    words = g1_words([point])
    return None if is_on_curve(1, address(words)) else "it is not on the curve"


def g2_fault(point: G2Point) -> str | None:
    """Why ``point`` is not a finite element of G2; ``None`` if it is."""
    if point == ((0, 0), (0, 0)):
        return "it is the point at infinity"
    words = g2_words([point])
    if not is_on_curve(2, address(words)):
        return "it is not on the twist"
    if not is_in_subgroup(2, address(words)):
        return "it is not in the subgroup of prime order"
    return None
