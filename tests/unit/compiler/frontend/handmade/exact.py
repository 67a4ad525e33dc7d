"""The one claim that most tests make about a model."""

import numpy as np
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause


def assert_exact(path, x, lowered):
    before, after = lowered(path, x)
    assert np.array_equal(before, after)
    report = check_model(path, x)
    assert report.cause is Cause.NONE, str(report)
    return import_model(path).graph
