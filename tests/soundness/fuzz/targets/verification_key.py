"""verification_key.json, which its publisher's manifest vouches for and nobody else."""

import json
from pathlib import Path

from zkpot.prover.digest import sha256_of
from zkpot.prover.engine.verify import prepare_key
from zkpot.prover.keys import load_keys
from zkpot.prover.manifest import MANIFEST, VERIFICATION_KEY

from fuzz.mutate import documents
from fuzz.target import CORPUS, Reader, Target


def prepare(folder: Path) -> Reader:
    manifest = json.loads((CORPUS / "manifest" / "valid").read_bytes())

    def read(path: Path) -> None:
        named = {**manifest, "vk_sha256": sha256_of(path)}
        (folder / MANIFEST).write_text(json.dumps(named))
        (folder / VERIFICATION_KEY).write_bytes(path.read_bytes())
        prepare_key(load_keys(folder).vk)

    return read


TARGET = Target("key.json", prepare, (documents.mutated,), slow=True)
