"""The Groth16 ``.zkey`` format of snarkjs: header and verification key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zkpot.compiler.errors import InputError
from zkpot.prover.engine.binfile import Container, Fields
from zkpot.prover.engine.field import Q, R, fq_integers, to_words
from zkpot.prover.engine.limbs import ELEMENT
from zkpot.prover.engine.pairing import pairing
from zkpot.prover.points import G1Point, G2Point

PROTOCOL, HEADER, IC, COEFFICIENTS, A, B1, B2, C, H, CONTRIBUTIONS = range(1, 11)
"""Section numbers: C holds the private wires' points, H those of the quotient."""
GROTH16 = 1
G1_BYTES, G2_BYTES = 2 * ELEMENT, 4 * ELEMENT
CIRCUIT_HASH_BYTES = 64


class ZkeyError(InputError):
    """A ``.zkey`` file is damaged, foreign, insecure or not for this circuit."""


@dataclass(frozen=True)
class ZkeyHeader:
    """Sizes and key-wide points of a ``.zkey``; coordinates are integers below q.

    A G2 point is ((x0, x1), (y0, y1)); (0, 0) is infinity.
    """

    n8: int
    q: int
    r: int
    n_vars: int
    n_public: int
    domain_size: int
    alpha1: G1Point
    beta1: G1Point
    beta2: G2Point
    gamma2: G2Point
    delta1: G1Point
    delta2: G2Point
    contributions: int


def open_zkey(path: Path) -> Container:
    """The container of a Groth16 ``.zkey``; ``ZkeyError`` for anything else."""
    file = Container(path, b"zkey", ZkeyError, "run the setup again, or fetch the key again")
    if file.fields(PROTOCOL, "protocol").integer(4) != GROTH16:
        raise file.fault("it is not a Groth16 key")
    return file


def _coordinates(fields: Fields, count: int, file: Container) -> list[int]:
    raw = [fields.integer(ELEMENT) for _ in range(count)]
    if any(value >= Q for value in raw):
        raise file.fault("a point of its header has a coordinate that is not below q")
    return fq_integers(to_words(raw))


def _g1(fields: Fields, file: Container) -> G1Point:
    x, y = _coordinates(fields, 2, file)
    return x, y


def _g2(fields: Fields, file: Container) -> G2Point:
    x0, x1, y0, y1 = _coordinates(fields, 4, file)
    return (x0, x1), (y0, y1)


def header_of(file: Container) -> ZkeyHeader:
    """Parse the header and contribution sections of an open ``.zkey``."""
    fields = file.fields(HEADER, "header")
    for name, prime in (("base", Q), ("scalar", R)):
        size = fields.integer(4)
        if size != ELEMENT or fields.integer(size) != prime:
            raise file.fault(f"its {name} field is not that of BN254")
    header = ZkeyHeader(
        n8=ELEMENT,
        q=Q,
        r=R,
        n_vars=fields.integer(4),
        n_public=fields.integer(4),
        domain_size=fields.integer(4),
        alpha1=_g1(fields, file),
        beta1=_g1(fields, file),
        beta2=_g2(fields, file),
        gamma2=_g2(fields, file),
        delta1=_g1(fields, file),
        delta2=_g2(fields, file),
        contributions=_contributions(file),
    )
    if fields.remaining:
        raise file.fault("section 2 (header) is too long")
    return header


def _contributions(file: Container) -> int:
    fields = file.fields(CONTRIBUTIONS, "contributions")
    fields.take(CIRCUIT_HASH_BYTES)
    return fields.integer(4)


def read_zkey_header(path: Path) -> ZkeyHeader:
    """Header of a ``.zkey``; ``ZkeyError`` if it is truncated, foreign or not Groth16."""
    return header_of(open_zkey(path))


def input_points(file: Container, header: ZkeyHeader) -> list[G1Point]:
    """The IC points: one for the constant 1 and one for each public signal."""
    section = file.section(IC, "IC", (header.n_public + 1) * G1_BYTES)
    fields = Fields(section.tobytes(), lambda: file.fault("section 3 (IC) is too short"))
    return [_g1(fields, file) for _ in range(header.n_public + 1)]


def _g1_json(point: G1Point) -> list[str]:
    if point == (0, 0):
        return ["0", "1", "0"]
    return [str(point[0]), str(point[1]), "1"]


def _g2_json(point: G2Point) -> list[list[str]]:
    if point == ((0, 0), (0, 0)):
        return [["0", "0"], ["1", "0"], ["0", "0"]]
    return [*([str(value) for value in pair] for pair in point), ["1", "0"]]


def verification_key(path: Path) -> dict[str, object]:
    """The JSON object that ``snarkjs zkey export verificationkey`` writes for this file."""
    file = open_zkey(path)
    header = header_of(file)
    target = [str(value) for value in pairing(header.alpha1, header.beta2)]
    pairs = [target[i : i + 2] for i in range(0, 12, 2)]
    return {
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": header.n_public,
        "vk_alpha_1": _g1_json(header.alpha1),
        "vk_beta_2": _g2_json(header.beta2),
        "vk_gamma_2": _g2_json(header.gamma2),
        "vk_delta_2": _g2_json(header.delta2),
        "vk_alphabeta_12": [pairs[:3], pairs[3:]],
        "IC": [_g1_json(point) for point in input_points(file, header)],
    }
