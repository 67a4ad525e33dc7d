"""Groth16's one equation without any check around it, and proofs made without a witness.

e(A, B) = e(alpha, beta)·e(L, gamma)·e(C, delta) with L = IC_0 + Σ s_i·IC_i.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from py_ecc import optimized_bn128 as bn128
from zkpot.compiler.field import FIELD
from zkpot.prover.engine.curve import weighted_sum
from zkpot.prover.engine.field import address, fq_integers, to_words
from zkpot.prover.engine.pairing import g1_words, g2_words, pairing_product

Point = Any
"""A point of either group, as py_ecc has it: projective."""
Json = dict[str, Any]

G1, G2, Q = bn128.G1, bn128.G2, bn128.field_modulus
add, neg = bn128.add, bn128.neg


def times(point: Point, scalar: int) -> Point:
    return bn128.multiply(point, scalar % FIELD)


def coordinates(point: Point) -> Any:
    """Affine coordinates as integers, pairs in G2; zeros for infinity."""
    in_g2 = isinstance(point[0], bn128.FQ2)
    if bn128.is_inf(point):
        return ((0, 0), (0, 0)) if in_g2 else (0, 0)
    x, y = bn128.normalize(point)
    if in_g2:
        return tuple(tuple(int(c) for c in value.coeffs) for value in (x, y))
    return int(x), int(y)


def g1_json(point: Point) -> list[str]:
    if bn128.is_inf(point):
        return ["0", "1", "0"]
    return [*map(str, coordinates(point)), "1"]


def g2_json(point: Point) -> list[list[str]]:
    if bn128.is_inf(point):
        return [["0", "0"], ["1", "0"], ["0", "0"]]
    return [*([str(c) for c in pair] for pair in coordinates(point)), ["1", "0"]]


def point1(value: Sequence[str]) -> Point:
    """A point of G1 from snarkjs's JSON; coordinates are reduced, and nothing is checked."""
    x, y, z = (bn128.FQ(int(c)) for c in value)
    return x, y, z


def point2(value: Sequence[Sequence[str]]) -> Point:
    x, y, z = (bn128.FQ2([int(c) for c in pair]) for pair in value)
    return x, y, z


def proof_json(a: Point, b: Point, c: Point) -> Json:
    points = {"pi_a": g1_json(a), "pi_b": g2_json(b), "pi_c": g1_json(c)}
    return {**points, "protocol": "groth16", "curve": "bn128"}


def input_sum(vk: Json, public: Sequence[int]) -> Point:
    """L, signals taken modulo the field's order."""
    points = g1_words([coordinates(point1(point)) for point in vk["IC"]])
    scalars, total = to_words([1, *(s % FIELD for s in public)]), np.empty((2, 4), np.uint64)
    assert len(points) == len(scalars)
    weighted_sum(address(total), address(points), address(scalars), len(scalars))
    x, y = fq_integers(total)
    return point1([str(x), str(y), "1"]) if (x, y) != (0, 0) else bn128.Z1


def pairing_only(vk: Json, public: Sequence[int], proof: Json) -> bool:
    """Whether the equation holds: no point, no signal and no key is looked at, or refused."""
    pairs = [
        (neg(point1(proof["pi_a"])), point2(proof["pi_b"])),
        (point1(vk["vk_alpha_1"]), point2(vk["vk_beta_2"])),
        (input_sum(vk, public), point2(vk["vk_gamma_2"])),
        (point1(proof["pi_c"]), point2(vk["vk_delta_2"])),
    ]
    finite = [(p, q) for p, q in pairs if not (bn128.is_inf(p) or bn128.is_inf(q))]
    value = _product(finite)
    one = _product([(G1, G2), (neg(G1), G2)])
    return bool(np.array_equal(value, one))


def _product(pairs: Sequence[tuple[Point, Point]]) -> Any:
    first, second = zip(*pairs, strict=True)
    return pairing_product(
        g1_words([coordinates(p) for p in first]), g2_words([coordinates(q) for q in second])
    )


@dataclass(frozen=True)
class Secrets:
    """What a setup must forget: whoever has it needs no witness."""

    alpha: int
    beta: int
    gamma: int
    delta: int

    def key(self, ic: Sequence[int]) -> Json:
        """A verification key whose IC points are ``ic`` times the generator."""
        return {
            "protocol": "groth16",
            "curve": "bn128",
            "nPublic": len(ic) - 1,
            "vk_alpha_1": g1_json(times(G1, self.alpha)),
            "vk_beta_2": g2_json(times(G2, self.beta)),
            "vk_gamma_2": g2_json(times(G2, self.gamma)),
            "vk_delta_2": g2_json(times(G2, self.delta)),
            "IC": [g1_json(times(G1, scalar)) for scalar in ic],
        }

    def simulated(self, vk: Json, public: Sequence[int], a: int = 31, b: int = 37) -> Json:
        """A proof of any ``public`` under ``vk``: C = ((ab - alpha·beta)·G1 - gamma·L)/delta."""
        inverse = pow(self.delta, -1, FIELD)
        c = add(
            times(G1, (a * b - self.alpha * self.beta) * inverse),
            neg(times(input_sum(vk, public), self.gamma * inverse)),
        )
        return proof_json(times(G1, a), times(G2, b), c)


def outside_the_subgroup() -> Point:
    """A point of the twist whose order is not the groups': the first with a small x."""
    for real in range(1, 1000):
        x = bn128.FQ2([real, 1])
        y = _square_root(x * x * x + bn128.b2)
        if y is not None and not bn128.is_inf(bn128.multiply((x, y, bn128.FQ2.one()), FIELD)):
            return x, y, bn128.FQ2.one()
    raise AssertionError("no such point found")


def _square_root(a: Any) -> Any:
    """Adj and Rodriguez-Henriquez, algorithm 9: square roots in Fq2 for q = 3 modulo 4."""
    root = a ** ((Q - 3) // 4)
    candidate, alpha = root * a, root * root * a
    if alpha == bn128.FQ2([Q - 1, 0]):
        candidate = bn128.FQ2([0, 1]) * candidate
    else:
        candidate = (bn128.FQ2.one() + alpha) ** ((Q - 1) // 2) * candidate
    return candidate if candidate * candidate == a else None


def blinded(vk: Mapping[str, Any], proof: Json, t: int) -> Json:
    """(A, B + t·delta, C + t·A): another proof of the same statement, made without its witness."""
    a, b, c = point1(proof["pi_a"]), point2(proof["pi_b"]), point1(proof["pi_c"])
    delta = point2(vk["vk_delta_2"])
    return {**proof, **proof_json(a, add(b, times(delta, t)), add(c, times(a, t)))}
