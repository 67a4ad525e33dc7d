"""The page: well-formed, alone in the world, and deaf to what names would like to say."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from rig.models import Model
from zkpot.compiler.circuit import Circuit
from zkpot.compiler.ir import Graph
from zkpot.prover.estimate import estimate
from zkpot.prover.explain import explain
from zkpot.prover.manifest import KeyManifest, Trust
from zkpot.prover.report import Accuracy, Confusion, ProofReport, Report, Verdict
from zkpot.prover.report_markup import LONGEST, escaped, shortened
from zkpot.prover.report_page import in_bytes, page, write_report

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</title></svg><svg onload=alert(1)>",
    "${title} $lead $$",
    "\u202egnp.exe\u0000\u2028",
    "&lt;b&gt;",
)
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects elements and attributes; complains of what is closed wrongly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(key, value or "") for key, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


NAMES = ("fc1", "relu")


@cache
def circuit(names: tuple[str, str]) -> Circuit:
    model = Model(6, np.random.default_rng(3))
    x = model.requantize(model.dense("data", 6, 5), 0.07)
    built = model.task(model.dense(x, 5, 3), 4).circuit
    return replace(built, graph=renamed(built.graph, names))


def renamed(graph: Graph, names: tuple[str, str]) -> Graph:
    first, second, *others = graph.nodes
    renamed = replace(first, name=names[0]), replace(second, name=names[1])
    return replace(graph, nodes=(*renamed, *others))


@cache
def plain(names: tuple[str, str]) -> Report:
    built = circuit(names)
    return Report(
        graph=built.graph,
        classes=3,
        input_shape=(6,),
        explanation=explain(built),
        estimate=estimate(built),
        accuracies=(),
        confusion=None,
        proof=None,
        keys=None,
        sizes={"circuit.r1cs": 1_234_567},
        digests={"circuit id": built.id},
        tools={"zkpot": "1"},
        seconds={},
    )


def report(names: tuple[str, str] = NAMES, **changes: object) -> Report:
    return replace(plain(names), **changes)


def proven(verdict: Verdict, **changes: object) -> ProofReport:
    made = ProofReport(verdict, "", 3, "12", "34", "round/alice", False, "ab" * 32, 6543)
    return replace(made, **changes)


KEYS = KeyManifest(
    trust=Trust.DEV, r1cs_sha256="a" * 64, zkey_sha256="b" * 64, vk_sha256="c" * 64, tools={}
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_text(name: str) -> None:
    harmless = Page(page(report()))
    hostile = report(
        (name, name * 40),
        proof=proven(Verdict.INVALID, context=name, reason=name),
        keys=KEYS,
        tools={name: name},
        seconds={name: 1.0},
        digests={name: name},
        accuracies=(Accuracy(name, 1, 4, 0.0, 0.5),),
    )
    found = Page(page(hostile))
    assert set(found.names) - set(harmless.names) <= {"p", "line", "ul", "li", "span"}
    assert "script" not in found.names
    assert not [key for key, _ in found.attributes if key.startswith("on")]
    assert not [c for c in found.text if "\u2028" <= c <= "\u202e"]
    assert found.text.count("Where the constraints are") == 1


def test_the_name_itself_can_be_read() -> None:
    found = Page(page(report(("<b>conv$1</b>", "relu"))))
    assert "<b>conv$1</b>" in found.words


def test_nothing_is_fetched_and_nothing_runs() -> None:
    text = page(report(proof=proven(Verdict.VALID), keys=KEYS))
    found = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(found.names)
    assert not [key for key, _ in found.attributes if key in ("src", "href", "xlink:href", "style")]
    assert not re.search(r"url\(|@import|https?:", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    ("proof", "title"),
    [
        (None, "Circuit for 4 samples"),
        (proven(Verdict.VALID), "Proven: 3 of 4 correct"),
        (proven(Verdict.INVALID), "Invalid proof"),
        (proven(Verdict.UNCHECKED), "Claimed: 3 of 4 correct"),
        (proven(Verdict.UNCHECKED, correct=1 << 253), "Claimed: an impossible number of 4 correct"),
    ],
)
def test_the_title_says_no_more_than_was_checked(proof: ProofReport | None, title: str) -> None:
    found = Page(page(report(proof=proof)))
    assert found.words.count(title) == 2
    assert ("Proven" in found.text) == (proof is not None and proof.verdict is Verdict.VALID)


def test_a_context_that_only_the_bundle_names_is_marked() -> None:
    claim = "context, as the bundle claims it"
    assert claim in page(report(proof=proven(Verdict.VALID, claimed=True)))
    assert claim not in page(report(proof=proven(Verdict.VALID)))


def test_development_keys_are_marked() -> None:
    assert "whoever made them can forge any proof" in page(report(keys=KEYS))
    assert "no keys yet" in page(report())


def test_every_part_and_its_cost_is_on_the_page() -> None:
    made = report()
    words = Page(page(made)).words
    for line in made.explanation.lines:
        assert line.name in words
        assert f"{line.constraints:,}" in words
        assert f"{line.nonzeros:,}" in words
    assert "power-of-two scales" in words
    assert f"{made.explanation.savings[0].constraints:,}" in words
    assert "1.2 MB" in words


def test_accuracies_confusion_and_times_where_there_are_any() -> None:
    counts = np.array([[2, 0, 0], [1, 0, 0], [0, 0, 1]])
    rows = (Accuracy("float", 4, 4, 0.5, 1.0), Accuracy("int8", 3, 4, 0.3, 0.95))
    filled = report(accuracies=rows, confusion=Confusion("int8", counts), seconds={"prove": 12.5})
    words = Page(page(filled)).words
    assert "75.00%" in words
    assert "30.0%–95.0%" in words
    assert "12.5 s" in words
    assert "Confusion matrix" in words
    assert "Confusion matrix" not in Page(page(report())).words


def test_an_int8_model_that_was_not_proven_is_noticed() -> None:
    def said(*counts: tuple[str, int]) -> bool:
        rows = tuple(Accuracy(source, k, 4, 0.0, 1.0) for source, k in counts)
        return "not the one the proof is about" in page(report(accuracies=rows))

    assert said(("int8", 2), ("proven", 3))
    assert not said(("float", 2), ("int8", 3), ("proven", 3))
    assert not said(("float", 2), ("proven", 3))
    assert not said(("int8", 2))


def test_many_classes_become_a_list_of_confusions() -> None:
    counts = np.diag(np.full(40, 5))
    counts[7, 9] = 3
    words = Page(page(report(confusion=Confusion("int8", counts)))).words
    at = words.index("predicted")
    assert words[at : at + 5] == ["predicted", "samples", "7", "9", "3"]


def test_equal_reports_are_equal_text(tmp_path) -> None:
    made = report(keys=KEYS)
    write_report(tmp_path / "new" / "report.html", made)
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8") == page(made)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["report.html"]


def test_long_and_hidden_characters() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcdef…ijk"
    assert len(shortened("x" * 10_000, LONGEST)) == LONGEST
    assert escaped("a\u202eb\x00\u200b\n") == "a\\u{202e}b\\u{0}\\u{200b}\\u{a}"
    assert escaped("über 模型") == "über 模型"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (92_897_328, "92.9 MB"),
        (10**13, "10,000.0 GB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert in_bytes(size) == text
