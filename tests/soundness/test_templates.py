"""The table of small calls: every template is in it, and each call means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from rig.calls import Call, judge, run
from zkpot.compiler.field import FIELD

import templates

DRAWS = 6


def test_every_template_of_the_library_has_a_call():
    assert templates.missing() == set()
    assert set(templates.CALLS) == templates.present()


def canonical(values: object) -> list[int]:
    return [int(v) % FIELD for v in np.array(values, object).ravel()]


@pytest.mark.parametrize("template", templates.CALLS)
def test_honest_inputs_lead_to_what_the_call_means(template):
    rng = np.random.default_rng(91)
    calls = [one.call for one in templates.ALL if one.call.template == template] * DRAWS
    values = [templates.inputs(call, rng) for call in calls]
    for call, value, output in zip(calls, values, run(calls, values), strict=True):
        meaning = templates.means(call, value)
        assert (output is None) == (meaning is None)
        assert output is None or canonical(output) == canonical(meaning)


def test_what_is_just_outside_is_refused():
    tried: list[tuple[Call, list]] = []
    for one in templates.ALL:
        tried += [(one.call, values) for values in one.refused]
    verdict = judge([call for call, _ in tried], [values for _, values in tried])
    found = {index for (index,) in verdict.where(r"main\.c(\d+)[._]")}
    assert [call for i, (call, _) in enumerate(tried) if i not in found] == []
