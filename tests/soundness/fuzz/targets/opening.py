"""A revealed batch: samples of a pool with their proofs of membership.

The package has no file format for it, so one of JSON stands in here; what it decodes to has the
right types, and any content.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from zkpot.compiler.errors import InputError
from zkpot.consensus.draw import Opening, require_batch

from fuzz.mutate import documents
from fuzz.target import Reader, Target


def decoded(raw: Any) -> tuple[bytes, int, bytes, list[Opening], int]:
    openings = [
        Opening(
            int(one["index"]),
            np.array(one["x"], np.uint8),
            int(one["label"]),
            bytes.fromhex(one["blinding"]),
            tuple(bytes.fromhex(sibling) for sibling in one["path"]),
        )
        for one in raw["openings"]
    ]
    root, beacon = bytes.fromhex(raw["root"]), bytes.fromhex(raw["beacon"])
    return root, int(raw["length"]), beacon, openings, int(raw["batch"])


def prepare(_folder: Path) -> Reader:
    def read(path: Path) -> None:
        try:
            root, length, beacon, openings, batch = decoded(json.loads(path.read_bytes()))
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise InputError("not of the right types") from error
        require_batch(root, length, beacon, openings, batch)

    return read


TARGET = Target("opening.json", prepare, (documents.mutated,))
