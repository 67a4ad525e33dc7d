"""The list of operators: complete, and said by the code that reads them."""

from __future__ import annotations

import json

import pytest
from zkpot.cli.main import run
from zkpot.compiler.frontend.operators import MICROSOFT, OPERATORS
from zkpot.compiler.frontend.supported import Supported, supported_operators


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Supported]:
    return {(one.domain, one.name): one for one in supported_operators()}


def test_every_operator_is_listed_and_described(found) -> None:
    assert list(found) == sorted(OPERATORS)
    undescribed = [key for key, one in found.items() if not one.summary]
    assert undescribed == []


@pytest.mark.parametrize(
    ("domain", "name", "form"),
    [
        ("", "Gemm", "QDQ"),
        ("", "QLinearMatMul", "QOperator"),
        ("", "QuantizeLinear", "quantization"),
        (MICROSOFT, "DequantizeLinear", "quantization"),
        (MICROSOFT, "QGemm", "QOperator"),
        (MICROSOFT, "QLinearAdd", "QOperator"),
        (MICROSOFT, "QuickGelu", "QDQ"),
        ("", "ConvInteger", "integer"),
        (MICROSOFT, "MatMulIntegerToFloat", "integer"),
    ],
)
def test_forms_follow_the_names(found, domain, name, form) -> None:
    assert found[domain, name].form == form


@pytest.mark.parametrize(
    ("domain", "name", "attributes"),
    [
        ("", "Gemm", ("alpha", "beta", "transA", "transB")),
        (MICROSOFT, "QGemm", ("alpha", "beta", "transA", "transB")),
        ("", "ArgMax", ("axis", "select_last_index")),
        ("", "Relu", ()),
        ("", "Elu", ("alpha",)),
        ("", "DepthToSpace", ("blocksize", "mode")),
        ("", "Split", ("axis", "num_outputs")),
    ],
)
def test_attributes_are_those_that_the_reader_looks_at(found, domain, name, attributes) -> None:
    assert found[domain, name].attributes == attributes


def test_what_is_only_refused_says_so(found) -> None:
    assert not found[MICROSOFT, "QLinearSoftmax"].taken
    assert found["", "MatMul"].taken


def test_the_command_prints_them_all(capsys, found) -> None:
    assert run(["ops", "--json"]) == 0
    raw = json.loads(capsys.readouterr().out)
    assert raw == {"operators": [json.loads(json.dumps(one.to_json())) for one in found.values()]}
    assert run(["ops"]) == 0
    text = capsys.readouterr().out
    assert "com.microsoft.QGemm(alpha, beta, transA, transB)  [QOperator]" in text
    assert all(one.name in text for one in found.values())
    assert max(map(len, text.splitlines())) <= 100
    assert text.rstrip().endswith(f"{sum(one.taken for one in found.values())} operators")
