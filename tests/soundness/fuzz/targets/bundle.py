"""What contributors hand in: bundles, the contexts they claim, and the proofs inside."""

import json
from pathlib import Path

from zkpot.compiler.errors import InvalidProof
from zkpot.consensus.submission import read_submission, require_legible
from zkpot.prover.bundle import Bundle
from zkpot.prover.engine.verify import groth16_pairing_only, prepare_key

from fuzz.mutate import documents
from fuzz.target import CORPUS, Reader, Target


def prepare(_folder: Path) -> Reader:
    key = prepare_key(json.loads((CORPUS / "verification_key" / "valid").read_bytes()))

    def read(path: Path) -> None:
        submission = read_submission(path)
        assert submission.name == str(path)
        bundle = submission.content
        if not isinstance(bundle, Bundle):
            raise bundle
        require_legible(bundle.context)
        if not groth16_pairing_only(key, bundle.signals, bundle.proof):
            raise InvalidProof("the pairing check fails")

    return read


TARGET = Target("bundle.json", prepare, (documents.mutated,))
