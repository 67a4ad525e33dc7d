"""zkpot verify: a bundle, against the verifier's own data and context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from zkpot.compiler.errors import InvalidProof

from .output import FILE, FOLDER, json_option, reporting, result, warn
from .pins import pin_options
from .statement import context_options, described

EPILOG = """\b
Examples:
  zkpot verify proof.json --build build --data test.npz --context task/round-1/alice
  zkpot verify proof.json --build build --data test.npz --context task/round-1/alice \\
    --circuit CIRCUIT_ID --key VK_SHA256    # as the task was announced with
"""


@click.command(epilog=EPILOG)
@click.argument("bundle", type=FILE)
@click.option("--build", required=True, type=FOLDER, help="The task's BUILD; without zkey too.")
@click.option("--data", required=True, type=FILE, help="DATA.npz: the verifier's own test set.")
@context_options
@click.option("--allow-dev", is_flag=True, help="Accept development keys.")
@click.option("--commitment", metavar="CM", help="The registered commitment the proof must open.")
@pin_options
@json_option
def verify(
    bundle: Path,
    build: Path,
    data: Path,
    context: str,
    pool_root: str,
    batch: int,
    allow_dev: bool,
    commitment: str | None,
    circuit: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Verify a BUNDLE: exit code 0 and what it proves, or 1 and why it proves nothing.

    Every input of the proof is computed again from DATA and the context; nothing is taken from the
    bundle but the proof itself, the commitment, the challenge and k. That BUILD's key is its
    circuit's is taken on trust, unless --circuit and --key say what the task was announced with.
    """
    from zkpot.prover.context import Context
    from zkpot.prover.verify import Pins
    from zkpot.prover.workflow import parse_commitment, verify_file

    cm = None if commitment is None else parse_commitment(commitment, "--commitment")
    where = Context(context, pool_root=pool_root, batch=batch)
    try:
        with reporting("verifying"):
            found = verify_file(
                bundle,
                build,
                data,
                where,
                allow_dev=allow_dev,
                cm=cm,
                pins=Pins(circuit, key),
            )
    except InvalidProof as error:
        result(as_json, _refusal(error), f"INVALID: {error}")
        raise click.exceptions.Exit(error.exit_code) from error
    if found.trust == "dev":
        warn("the key is a development key: whoever made it can forge any proof")
    value = {
        "valid": True,
        "correct": found.correct,
        "samples": found.samples,
        "cm": str(found.cm),
        "context": found.context,
        "trust": found.trust,
    }
    text = described(found.correct, found.samples, str(found.cm), found.trust)
    result(as_json, value, f"valid: {text}")


def _refusal(error: InvalidProof) -> dict[str, Any]:
    kind = type(error).__name__
    reasons = {"what": error.what, "why": error.why, "remedy": error.remedy}
    return {"valid": False, "reason": kind, **reasons}
