"""Names that two people could read as one, or one person as two; registries with two readings."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from stage import ALICE, MALLORY, ranked, reasons
from tally import counted
from toy_task import ROUND
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.consensus.demo.cheats import renamed
from zkpot.consensus.registry import read_registry
from zkpot.consensus.submission import require_legible, submitter
from zkpot.prover.context import Context
from zkpot.prover.verify import WrongContext

LOOKALIKES = {
    "a Cyrillic letter": "\N{CYRILLIC SMALL LETTER A}lice",
    "a Greek letter": "al\N{GREEK SMALL LETTER IOTA}ce",
    "letters of full width": "\N{FULLWIDTH LATIN SMALL LETTER A}lice",
    "a mathematical letter": "\N{MATHEMATICAL BOLD SMALL A}lice",
    "a ligature": "al\N{LATIN SMALL LIGATURE FI}ce",
    "a filler": "alice\N{HANGUL JUNGSEONG FILLER}",
    "a variation selector": "alice\N{VARIATION SELECTOR-16}",
    "a grapheme joiner": "ali\N{COMBINING GRAPHEME JOINER}ce",
    "an empty braille cell": "alice\N{BRAILLE PATTERN BLANK}",
    "a space of no width": "ali\N{ZERO WIDTH SPACE}ce",
    "a soft hyphen": "ali\N{SOFT HYPHEN}ce",
    "writing from right to left": "\N{RIGHT-TO-LEFT OVERRIDE}ecila",
    "a decomposed letter": "alice\N{COMBINING ACUTE ACCENT}",
    "a space at the end": "alice ",
    "a line break": "alice\n",
    "a NUL": "alice\0",
}


@counted("attacks")
@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_name_that_looks_like_another_s(stage, alice, name):
    """Neither the same context (alice's proof is none of theirs), nor one that can be ranked."""
    twin = f"{ROUND}/{LOOKALIKES[name]}"
    with pytest.raises(WrongContext, match="ROUND/CONTRIBUTOR"):
        require_legible(twin)
    stage.refuses(alice, WrongContext, context=twin)
    ranking = stage.rank({"twin": renamed(alice, twin)}, registry={twin: alice.signals[0]})
    assert reasons(ranking) == {"twin": "wrong context"}


def test_names_of_one_alphabet_are_legible():
    for name in ("alice", "zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "a.b-c_9", "\u6f22\u5b57"):
        require_legible(f"{ROUND}/{name}")


@counted("attacks")
def test_fields_of_the_context_that_run_into_each_other():
    """However the text is cut into task, round and name: other bytes, another ctx."""
    contexts = [
        Context("a/b/c"),
        Context("a/bc"),
        Context("ab/c"),
        Context("a/b/c/"),
        Context("a//b/c"),
        Context("a/b", contributor=b"/c".hex()),
        Context("a/b", pool_root=b"/c".hex()),
        Context("a/b/c", batch=1),
        Context("a/b/c", pool_root="01"),
        Context("a/b/c", contributor="01"),
        Context("a/b/c", pool_root="01", contributor="01"),
        Context("a/b/c\0"),
        Context("a/b/c", pool_root="00"),
        Context("a/b/c", contributor="00"),
    ]
    signals = [c.signal("00" * 32, "11" * 32) for c in contexts]
    signals += [contexts[0].signal("11" * 32, "00" * 32), contexts[0].signal("00" * 32, "00" * 32)]
    assert len(set(signals)) == len(signals)


@counted("attacks")
def test_a_contributor_whose_name_reaches_into_the_round():
    """The last slash separates, so no name has one: (round, name) has one spelling."""
    texts = ["toy/round-1/x/alice", "toy/round-1/alice", "toy/round-1/x", "x/alice", "alice"]
    for one, other in combinations(map(submitter, texts), 2):
        assert one != other
    assert all("/" not in submitter(text).contributor for text in texts)


@counted("attacks")
@pytest.mark.parametrize("text", ["", " ", "\t\n", "x" * 5000, "toy/\udcff"])
def test_a_context_that_says_nothing_or_cannot_be_said(stage, alice, text):
    stage.refuses(alice, InputError, context=text)


def entry(context: str, cm: object) -> str:
    return json.dumps({"context": context, "cm": cm})


REGISTRIES = {
    "two commitments of one contributor": f"[{entry(ALICE, '5')}, {entry(ALICE, '6')}]",
    "two commitments in one entry": '[{"context": "r/alice", "cm": "5", "cm": "6"}]',
    "two contributors in one entry": '[{"context": "r/alice", "context": "r/eve", "cm": "5"}]',
    "a commitment above the field": f"[{entry(ALICE, str(FIELD + 5))}]",
    "a commitment with a leading zero": f"[{entry(ALICE, '05')}]",
    "a commitment below zero": f"[{entry(ALICE, '-5')}]",
    "a commitment as a number": f"[{entry(ALICE, 5)}]",
    "a commitment in other digits": f"[{entry(ALICE, chr(0x0665))}]",
    "no contributor": f"[{entry('', '5')}]",
    "something more": '[{"context": "r/alice", "cm": "5", "k": "8"}]',
}


@counted("attacks")
@pytest.mark.parametrize("name", REGISTRIES)
def test_a_registry_with_two_readings(tmp_path, name):
    (tmp_path / "registry.json").write_text(REGISTRIES[name])
    with pytest.raises(InputError, match="registry"):
        read_registry(tmp_path / "registry.json")


@counted("attacks")
def test_a_contributor_who_registers_after_the_draw(stage, alice, mallory):
    ranking = stage.rank({"alice": alice, "late": mallory}, registry={ALICE: alice.signals[0]})
    assert ranked(ranking) == {"alice"}
    assert reasons(ranking) == {"late": "unregistered"}


@counted("attacks")
def test_rubbish_in_a_rival_s_name(stage, alice, mallory):
    """Only proofs that hold can put others out."""
    rubbish = {
        "before": alice.model_copy(update={"proof": mallory.proof}),
        "alice": alice,
        "after": renamed(mallory, ALICE),
    }
    ranking = stage.rank(rubbish, registry={ALICE: alice.signals[0], MALLORY: mallory.signals[0]})
    assert ranked(ranking) == {"alice"}
    assert reasons(ranking) == {
        "before": "false proof",
        "after": "wrong context",
        None: "withheld",
    }
