"""SECRET.json, held against a build and the model that it commits to."""

import json
from pathlib import Path

from zkpot.prover.build import RECORD, open_build
from zkpot.prover.secret import matching_model, read_secret

from fuzz.mutate import documents
from fuzz.target import CORPUS, Reader, Target


def prepare(folder: Path) -> Reader:
    record = json.loads((CORPUS / "record" / "valid").read_bytes())
    (folder / RECORD).write_text(json.dumps(record))
    build = open_build(folder)
    model = matching_model(build, CORPUS / "int8_model" / "valid")
    return lambda path: read_secret(path, build, model)


TARGET = Target("secret.json", prepare, (documents.mutated,))
