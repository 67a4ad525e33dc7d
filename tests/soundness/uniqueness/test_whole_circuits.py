"""Whole networks: cm, r and k, and all that leads to them, are determined by the inputs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rig import conv_models, models
from rig.models import Task
from tally import Tally
from uniqueness.readings import system
from uniqueness.test_templates import FREE, open_signals, told
from zkpot.prover.uniqueness import decide

NETWORKS = (
    *models.ALL,
    conv_models.convolutional,
    conv_models.depthwise,
    conv_models.two_entries,
    conv_models.witnessed,
    conv_models.refolded,
    conv_models.left_over,
)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda one: one.__name__)
def test_all_but_free_inverses_is_determined(network: Callable[[], Task], tally: Tally) -> None:
    decision = decide(system(network().text, optimize="O1"))
    told(tally, decision)
    assert [decision.system.name(w) for w in decision.system.outputs] == [
        "main.cm",
        "main.r",
        "main.k",
    ]
    assert decision.open_outputs == ()
    assert open_signals(decision) <= FREE
