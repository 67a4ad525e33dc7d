"""Generates circuits/lib/poseidon_constants.circom from nothing but the Poseidon paper's recipe.

Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon" (USENIX Security 2021),
appendices B and E: a self-shrinking 80-bit Grain LFSR seeded with the instance's parameters gives
the round constants, then the x_i and y_j of the Cauchy matrix M_ij = 1 / (x_i + y_j).

Example: python tools/poseidon_constants.py > circuits/lib/poseidon_constants.circom
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
WIDTH, FULL_ROUNDS, PARTIAL_ROUNDS = 17, 8, 68
FIELD_BITS = 254


def grain_bits() -> Iterator[int]:
    """The filtered bit stream of the Grain LFSR for (prime field, x^5, 254 bits, t, R_F, R_P)."""
    seed = [
        (1, 2),
        (0, 4),
        (FIELD_BITS, 12),
        (WIDTH, 12),
        (FULL_ROUNDS, 10),
        (PARTIAL_ROUNDS, 10),
        ((1 << 30) - 1, 30),
    ]
    state = deque(int(b) for value, width in seed for b in f"{value:0{width}b}")

    def step() -> int:
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.popleft()
        state.append(bit)
        return bit

    for _ in range(160):
        step()
    while True:
        if step():
            yield step()
        else:
            step()


def field_elements(bits: Iterator[int], count: int, *, reject: bool) -> list[int]:
    """The next ``count`` integers of 254 bits: redrawn when >= p, or else reduced modulo p."""
    found: list[int] = []
    while len(found) < count:
        value = int("".join(map(str, islice(bits, FIELD_BITS))), 2)
        if reject and value >= FIELD:
            continue
        found.append(value % FIELD)
    return found


def parameters() -> tuple[list[int], list[list[int]]]:
    """Round constants (WIDTH a round) and the MDS matrix."""
    bits = grain_bits()
    constants = field_elements(bits, WIDTH * (FULL_ROUNDS + PARTIAL_ROUNDS), reject=True)
    points = field_elements(bits, 2 * WIDTH, reject=False)
    xs, ys = points[:WIDTH], points[WIDTH:]
    matrix = [[pow(x + y, -1, FIELD) for y in ys] for x in xs]
    return constants, matrix


Matrix = list[list[int]]


def product(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b, strict=True))
    return [[sum(map(int.__mul__, row, col)) % FIELD for col in columns] for row in a]


def inverse(matrix: Matrix) -> Matrix:
    """Gauss-Jordan elimination."""
    size = len(matrix)
    rows = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for col in range(size):
        pivot = next(i for i in range(col, size) if rows[i][col])
        rows[col], rows[pivot] = rows[pivot], rows[col]
        scale = pow(rows[col][col], -1, FIELD)
        rows[col] = [v * scale % FIELD for v in rows[col]]
        for i in range(size):
            if i != col and (factor := rows[i][col]):
                rows[i] = [
                    (a - factor * b) % FIELD for a, b in zip(rows[i], rows[col], strict=True)
                ]
    return [row[size:] for row in rows]


@dataclass(frozen=True)
class Partial:
    """The partial rounds in the basis in which lanes 1..16 only ever have the S-box added to them.

    With M = [[m, v], [w, N]] a partial round maps the other lanes s to N s + w x and the S-box's
    input to m x + v s. For z_r = N^-r s_r this reads z_(r+1) = z_r + write_r x with
    write_r = N^-(r+1) w, and the next input is m x + read_r z_r + offset_r with read_r = v N^r:
    33 products a round instead of 289. All constants of those rounds end in the offsets.
    """

    read: Matrix
    write: Matrix
    offset: list[int]
    finish: Matrix
    finish_offset: list[int]


def partial_rounds(constants: list[int], matrix: Matrix) -> Partial:
    v, w = [matrix[0][1:]], [row[:1] for row in matrix[1:]]
    n = [row[1:] for row in matrix[1:]]
    n_inverse = inverse(n)
    read, write, offset = [], [], []
    power, negative = [[int(i == j) for j in range(16)] for i in range(16)], n_inverse
    first = WIDTH * FULL_ROUNDS // 2
    lanes = [[c] for c in constants[first + 1 : first + WIDTH]]
    for rnd in range(PARTIAL_ROUNDS):
        read += product(v, power)
        write += [[row[0] for row in product(negative, w)]]
        after = constants[first + WIDTH * (rnd + 1) :][:WIDTH]
        offset.append((product(v, lanes)[0][0] + after[0]) % FIELD)
        lanes = [[(a[0] + c) % FIELD] for a, c in zip(product(n, lanes), after[1:], strict=True)]
        power, negative = product(power, n), product(negative, n_inverse)
    return Partial(read, write, offset, power, [row[0] for row in lanes])


def array(values: list[int]) -> str:
    return "[\n        " + ",\n        ".join(map(str, values)) + "\n    ]"


def function(name: str, what: str, body: str) -> str:
    return f"/// @notice {what}\nfunction {name}() {{\n    return {body};\n}}\n"


def table(rows: Matrix) -> str:
    return "[\n    " + ",\n    ".join(array(row) for row in rows) + "\n    ]"


def render() -> str:
    """The Circom file, byte for byte."""
    constants, matrix = parameters()
    partial = partial_rounds(constants, matrix)
    half = WIDTH * FULL_ROUNDS // 2
    full = constants[: half + WIDTH] + constants[half + WIDTH * (PARTIAL_ROUNDS + 1) :]
    full[half + 1 : half + WIDTH] = [0] * (WIDTH - 1)
    functions = [
        (
            "FullConstants",
            "Constants added before S-box layers 0..4 (lane 0 only) and 73..75.",
            array(full),
        ),
        ("Matrix", "The MDS matrix M.", table(matrix)),
        (
            "PartialRead",
            "Row r: what the other lanes add to S-box input r + 1.",
            table(partial.read),
        ),
        ("PartialWrite", "Row r: what S-box r adds to the other lanes.", table(partial.write)),
        (
            "PartialOffset",
            "Entry r: what all constants add to S-box input r + 1.",
            array(partial.offset),
        ),
        ("Finish", "Takes the other lanes back to the plain basis.", table(partial.finish)),
        (
            "FinishOffset",
            "Constants of the other lanes, in the plain basis.",
            array(partial.finish_offset),
        ),
        (
            "UnitPreimage",
            "The v with M v = (1, 0, ..., 0).",
            array([row[0] for row in inverse(matrix)]),
        ),
        ("CornerInverse", "1 / M[0][0].", str(pow(matrix[0][0], -1, FIELD))),
    ]
    return "\n".join(
        [
            "// Written by tools/poseidon_constants.py; do not edit.",
            "// Poseidon over the BN254 scalar field: x^5, t = 17, R_F = 8, R_P = 68.",
            "pragma circom 2.2.0;\n",
            *(function(f"poseidon{name}", what, body) for name, what, body in functions),
        ]
    )


if __name__ == "__main__":
    print(render(), end="")
