"""Public signals that are another spelling of what was proven, or no list of signals at all."""

from __future__ import annotations

import json

import pytest
from groth import pairing_only
from stage import ALICE, K, with_signal
from tally import counted
from zkpot.compiler.errors import InputError, InvalidProof
from zkpot.compiler.field import FIELD
from zkpot.prover.bundle import read_bundle, write_bundle
from zkpot.prover.engine.verify import PublicSignalError, groth16_pairing_only, prepare_key
from zkpot.prover.verify import OutOfField

SIGNALS = 13
"""cm, r, k, ctx, dataset; seven columns of u (six values and the bias); the labels."""


@counted("attacks")
@pytest.mark.parametrize("position", range(SIGNALS))
def test_a_signal_at_or_above_the_field_order(stage, alice, position):
    """s and s + p are one field element: the equation holds, and the statement reads otherwise."""
    assert len(alice.public) == SIGNALS
    value, key = alice.signals[position], prepare_key(stage.task.keys.vk)
    for spelling in (value + FIELD, value + 2 * FIELD):
        spelled = with_signal(alice, position, spelling)
        assert pairing_only(stage.task.keys.vk, spelled.signals, alice.proof)
        stage.refuses(spelled, OutOfField)
        with pytest.raises(PublicSignalError):
            groth16_pairing_only(key, spelled.signals, alice.proof)
    stage.refuses(with_signal(alice, position, FIELD), OutOfField)


@counted("attacks")
@pytest.mark.parametrize("position", range(SIGNALS))
def test_a_negative_signal(stage, alice, position):
    spelled = with_signal(alice, position, alice.signals[position] - FIELD)
    assert pairing_only(stage.task.keys.vk, spelled.signals, alice.proof)
    stage.refuses(spelled, InvalidProof)
    with pytest.raises(PublicSignalError):
        groth16_pairing_only(prepare_key(stage.task.keys.vk), spelled.signals, alice.proof)


@counted("attacks")
@pytest.mark.parametrize("position", range(SIGNALS))
def test_a_signal_changed_by_one(stage, alice, position):
    for step in (1, -1):
        changed = with_signal(alice, position, (alice.signals[position] + step) % FIELD)
        stage.refuses(changed, InvalidProof)


@counted("attacks")
@pytest.mark.parametrize(
    "change",
    [
        lambda public: public[:-1],
        lambda public: [*public, "0"],
        lambda public: [*public[:-1], "0", public[-1]],
        lambda public: public[:6],
        lambda public: [*public, *public],
        lambda public: [public[1], public[0], *public[2:]],
        lambda public: [*public[:5], *reversed(public[5:])],
    ],
    ids=["cut", "a zero more", "a zero between", "six", "twice", "two swapped", "u reversed"],
)
def test_another_list_of_signals(stage, alice, change):
    stage.refuses(alice.model_copy(update={"public": change([*alice.public])}), InvalidProof)


SPELLINGS = {
    "a number": lambda k: int(k),
    "a fraction": lambda k: float(k),
    "a leading zero": lambda k: f"0{k}",
    "a sign": lambda k: f"+{k}",
    "minus zero": lambda k: "-0",
    "a blank": lambda k: f" {k}",
    "a line break": lambda k: f"{k}\n",
    "an underscore": lambda k: "1_0",
    "hexadecimal": lambda k: hex(int(k)),
    "an exponent": lambda k: f"{k}e0",
    "Arabic digits": lambda k: "\N{ARABIC-INDIC DIGIT THREE}",
    "digits of full width": lambda k: "\N{FULLWIDTH DIGIT THREE}",
    "a superscript": lambda k: "\N{SUPERSCRIPT TWO}",
    "NaN": lambda k: float("nan"),
    "infinity": lambda k: float("inf"),
    "true": lambda k: True,
    "null": lambda k: None,
    "a list": lambda k: [k],
    "nothing": lambda k: "",
    "a hundred digits": lambda k: "1" * 100,
    "ten thousand digits": lambda k: "1" * 10_000,
}


@counted("attacks")
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_count_in_another_spelling(alice, tmp_path, name):
    document = json.loads(alice.model_dump_json())
    document["public"][K] = SPELLINGS[name](document["public"][K])
    (tmp_path / "bundle.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="not a bundle"):
        read_bundle(tmp_path / "bundle.json")


DOCUMENTS = {
    "two contexts": lambda text: text.replace(
        '"context"', '"context": "toy/round-1/eve", "context"'
    ),
    "two lists of signals": lambda text: text.replace('"public"', '"public": ["0"], "public"'),
    "two proofs": lambda text: text.replace('"proof"', '"proof": {}, "proof"'),
    "two points by one name": lambda text: text.replace(
        '"pi_a"', '"pi_a": ["1", "2", "1"], "pi_a"'
    ),
    "an unknown name": lambda text: text.replace('"context"', '"k": "8", "context"'),
    "another format": lambda text: text.replace("zkpot-bundle/1", "zkpot-bundle/2"),
    "another document behind it": lambda text: text + text,
    "a byte order mark": lambda text: "\ufeff" + text,
    "a comment": lambda text: text.replace("{", "{ /* k is 8 */", 1),
    "a number beyond all bounds": lambda text: text.replace('"pi_a": [', f'"pi_a": [{"1" * 9000},'),
    "half a character": lambda text: text.replace(ALICE, r"toy/\ud800"),
    "digests in capitals": lambda text: text.replace('"dataset": "', '"dataset": "A'),
}


@counted("attacks")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bundle_that_two_readers_would_read_differently(alice, tmp_path, name):
    write_bundle(tmp_path / "bundle.json", alice)
    honest = (tmp_path / "bundle.json").read_text()
    assert read_bundle(tmp_path / "bundle.json") == alice
    changed = DOCUMENTS[name](honest)
    assert changed != honest
    (tmp_path / "bundle.json").write_text(changed)
    with pytest.raises(InputError, match="not a bundle"):
        read_bundle(tmp_path / "bundle.json")
