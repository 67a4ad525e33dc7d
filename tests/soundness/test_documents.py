"""What the documents say of the code is there: templates, constraints, files, functions, tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from rig.build import library
from rig.instances import templates
from rig.twin import hints, uncommented
from tally import ROWS

ROOT = Path(__file__).parents[2]
SOUNDNESS = ROOT / "docs" / "soundness.md"
AUDIT = ROOT / "docs" / "audit.md"
DOCUMENTS = (
    SOUNDNESS,
    AUDIT,
    ROOT / "docs" / "threats.md",
    ROOT / "docs" / "statement.md",
    ROOT / "SECURITY.md",
)
TEMPLATES = templates(library())
CODE = re.compile(r"`([^`]+)`")
PLACE = re.compile(r"(?P<path>[\w.-]+(?:/[\w.-]+)+)(?:::(?P<name>\w+))?$")
CAMEL = re.compile(r"(?:[A-Z][a-z]+){1,}[A-Za-z]*$")
LEMMA = re.compile(r"^### (\d+)\. (.*?)(?=^##)", re.M | re.S)


def quoted(document: Path) -> list[str]:
    """What stands between backticks, line breaks as spaces."""
    return [re.sub(r"\s+", " ", one) for one in CODE.findall(document.read_text())]


@cache
def bodies() -> dict[str, str]:
    """The text of every template, without comments, on one line."""
    found = {}
    for text in library().values():
        parts = re.split(r"\btemplate\s+(\w+)", uncommented(text))
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: re.sub(r"\s+", " ", body) for name, body in found.items()}


def is_defined(name: str, path: Path) -> bool:
    """Whether ``path`` defines a function, a class or a constant called ``name``."""
    text = path.read_text()
    return bool(re.search(rf"^\s*(?:def|class) {name}\b|^{name}\b.*=", text, re.M))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_file_function_and_test_that_is_named_exists(document):
    named = [m for m in map(PLACE.match, quoted(document)) if m]
    assert named
    for place in named:
        path = ROOT / place["path"]
        assert path.exists(), place[0]
        if place["name"]:
            assert is_defined(place["name"], path), place[0]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        other = document.parent / path
        assert other.is_file(), target
        titles = re.findall(r"^#+ (.*)$", other.read_text(), re.M)
        slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not anchor or anchor in slugs, target


def test_every_template_is_mentioned_and_every_name_like_one_is_a_template():
    named = {one for one in quoted(SOUNDNESS) if CAMEL.match(one)}
    assert named == set(TEMPLATES)


def test_every_constraint_that_is_quoted_stands_in_the_template_named_before_it():
    template, found = "", 0
    for one in quoted(SOUNDNESS):
        if one in TEMPLATES:
            template = one
        elif re.search(r"(===|<==|<--|assert\().*;$", one):
            assert one in bodies()[template], (template, one)
            found += 1
    assert found > 40


def test_the_table_of_hints_is_complete():
    rows = re.findall(r"^\| `(\w+)`: `([^`]+)` \|", SOUNDNESS.read_text(), re.M)
    assert sorted(rows) == sorted((hint.template, hint.target) for hint in hints(library()))
    assert "one of twelve hints" in SOUNDNESS.read_text() and len(rows) == 12


def test_every_lemma_says_where_it_is_enforced_and_what_shows_it():
    lemmas = LEMMA.findall(SOUNDNESS.read_text())
    assert [int(number) for number, _ in lemmas] == list(range(1, len(lemmas) + 1))
    cited = {int(n) for d in DOCUMENTS for n in re.findall(r"lemmas? (\d+)", d.read_text())}
    assert cited <= set(range(1, len(lemmas) + 1))
    for _, text in lemmas:
        _, _, evidence = text.partition("- Enforced: ")
        enforced, _, shown = evidence.partition("- Shown: ")
        assert any(one in TEMPLATES or PLACE.match(one) for one in CODE.findall(enforced)), text
        assert re.search(r"`tests/[\w/]+\.py::test_", shown), text


def test_every_row_that_is_printed_is_explained():
    assert re.findall(r"^\| ([^|]* / [^|]*?) \|", AUDIT.read_text(), re.M) == list(ROWS.values())


def test_the_reading_order_counts_its_lines():
    rows = re.findall(r"^\| \d+ \| (.*?) \| (\d+) \|", AUDIT.read_text(), re.M)
    total = 0
    for files, lines in rows:
        counted = sum(len((ROOT / f).read_text().splitlines()) for f in CODE.findall(files))
        assert abs(counted - int(lines)) <= max(10, counted // 10), (files, counted)
        total += int(lines)
    (stated,) = re.findall(r"About ([\d,]+) lines", AUDIT.read_text())
    assert abs(total - int(stated.replace(",", ""))) <= 100


def test_no_two_documents_say_the_same():
    """A sentence of some length stands in one of them only."""
    seen: dict[str, str] = {}
    for document in DOCUMENTS:
        text = re.sub(r"\s+", " ", CODE.sub("`", document.read_text()))
        for sentence in {s for s in re.split(r"[.:|]\s", text) if len(s.split()) > 8}:
            assert seen.setdefault(sentence, document.name) == document.name, sentence
