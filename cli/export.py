"""zkpot export: a bundle's proof in snarkjs's files."""

from __future__ import annotations

from pathlib import Path

import click

from .output import FILE, FOLDER, json_option, result

PAIRING_ONLY = "this checks only the pairing: nothing about data, context or key; use zkpot verify"
EPILOG = """\b
Example:
  zkpot export proof.json --out exported
  npx snarkjs groth16 verify build/verification_key.json exported/public.json exported/proof.json
"""


@click.command(epilog=EPILOG)
@click.argument("bundle", type=FILE)
@click.option("--out", required=True, type=FOLDER, help="Folder for the two files.")
@json_option
def export(bundle: Path, out: Path, as_json: bool) -> None:
    """Write the proof and the public signals of a BUNDLE as snarkjs's proof.json and public.json.

    `snarkjs groth16 verify` accepts them, but sees only the pairing: a prover who chose the folded
    data freely passes it with any k.
    """
    from zkpot.prover.workflow import export_file

    proof, public = export_file(bundle, out)
    value = {"proof": str(proof), "public": str(public), "note": PAIRING_ONLY}
    command = f"npx snarkjs groth16 verify BUILD/verification_key.json {public} {proof}"
    result(as_json, value, f"wrote {proof} and {public}\n{command}\nnote: {PAIRING_ONLY}")
