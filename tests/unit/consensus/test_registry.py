"""Registries: read back as written, and every way in which a file is none."""

from __future__ import annotations

import json

import pytest
from zkpot.compiler.errors import InputError
from zkpot.compiler.field import FIELD
from zkpot.consensus.registry import read_registry, write_registry


def test_it_reads_what_it_writes_in_order(tmp_path):
    registry = {"r/zoë": FIELD - 1, "r/alice": 0}
    write_registry(tmp_path / "registry.json", registry)
    assert list(read_registry(tmp_path / "registry.json").items()) == list(registry.items())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a registry"),
        ("{}", "is not a registry"),
        ('[{"context": "a"}]', "0.cm"),
        ('[{"context": "a", "cm": 5}]', "0.cm"),
        ('[{"context": "a", "cm": "05"}]', "0.cm"),
        ('[{"context": "a", "cm": "-5"}]', "0.cm"),
        ('[{"context": "", "cm": "5"}]', "0.context"),
        ('[{"context": "a", "cm": "5", "k": "9"}]', "0.k"),
        (json.dumps([{"context": "a", "cm": "5"}, {"context": "a", "cm": "5"}]), "'a' twice"),
        (json.dumps([{"context": "a", "cm": str(FIELD)}]), "no field element"),
    ],
)
def test_what_is_no_registry(tmp_path, content, message):
    path = tmp_path / "registry.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_registry(path)


def test_a_file_that_isnt_there(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        read_registry(tmp_path / "none.json")
