"""Softmax and ArgMax, which give one class a sample."""

import numpy as np
import pytest
from handmade.builder import Builder
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model


@pytest.mark.parametrize(("head", "axis"), [("Softmax", -1), ("LogSoftmax", 2), ("ArgMax", 2)])
def test_several_rows_of_classes_are_refused(save, path, head, axis):
    b = Builder()
    current = b.both("x", b.quantizer(0.1, 3, np.uint8))
    output = b.node(head, [current], axis=axis)
    b.save(save, path, output, shape=["N", 3, 4], dtype="float32")
    with pytest.raises(InputError, match=r"shape \[3, 4\], several rows of classes"):
        import_model(path)
