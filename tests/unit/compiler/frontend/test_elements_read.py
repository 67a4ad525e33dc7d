"""Samples that differ only in what a model never reads are copies: they read out a prediction."""

import numpy as np
import pytest
from handmade.builder import Builder
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.interpret import interpret
from zkpot.compiler.reads import data_read
from zkpot.prover.dataset import Dataset, duplicates
from zkpot.prover.prove import _refuse_duplicates

SIDE = 6
EVERY = np.ones((2, SIDE, SIDE), bool)


class Model(Builder):
    def __init__(self):
        super().__init__()
        self.grid = self.quantizer(0.125, 0, "int8")
        self.x = self.both("x", self.grid)

    def conv(self, x, shape, **attributes):
        weight = self.dequantize(self.array(self.weights(shape)), self.grid)
        return self.both(self.node("Conv", [x, weight], **attributes), self.grid)

    def cut(self, x, start, end, axis):
        return self.node("Slice", [x, *(self.array([v]) for v in (start, end, axis))])


def whole(m):
    return m.conv(m.x, (3, 2, 3, 3)), EVERY


def strided(m):
    """Kernel 1, stride 2: one pixel of four."""
    read = EVERY & False
    read[:, ::2, ::2] = True
    return m.conv(m.x, (3, 2, 1, 1), strides=[2, 2]), read


def floor_mode(m):
    """Windows of 4 in an image of 6: the last two rows and columns are left over."""
    read = EVERY & False
    read[:, :4, :4] = True
    return m.node("MaxPool", [m.x], kernel_shape=[4, 4], strides=[4, 4]), read


def cut_before(m):
    read = EVERY & False
    read[:, 1:3] = True
    return m.conv(m.cut(m.x, 1, 3, 2), (3, 2, 1, 1)), read


def cut_behind(m):
    """A convolution of which only the first rows go on: its windows there, padding included."""
    read = EVERY & False
    read[:, :3] = True
    return m.cut(m.conv(m.x, (3, 2, 3, 3), pads=[1] * 4), 0, 2, 2), read


def one_group(m):
    """Only the second channel's outputs go on."""
    read = EVERY & False
    read[1] = True
    return m.cut(m.conv(m.x, (4, 1, 3, 3), group=2), 2, 4, 1), read


def summed(m):
    """Two readers: what either reads counts."""
    read = EVERY & False
    read[0, :2], read[1, 4:] = True, True
    first, second = m.cut(m.x, 0, 1, 1), m.cut(m.x, 1, 2, 1)
    return m.both(m.node("Add", [m.cut(first, 0, 2, 2), m.cut(second, 4, 6, 2)]), m.grid), read


@pytest.mark.parametrize(
    "form", (whole, strided, floor_mode, cut_before, cut_behind, one_group, summed)
)
def test_what_is_not_read_changes_nothing_and_makes_no_other_sample(save, path, form):
    m = Model()
    output, read = form(m)
    m.save(save, path, m.node("Flatten", [output]), shape=["N", *EVERY.shape])
    imported = import_model(path)
    found = data_read(imported.graph)
    assert np.array_equal(found.reshape(EVERY.shape), read)

    x = np.random.default_rng(0).integers(-128, 128, (5, EVERY.size))
    x[:, found] = x[0, found]
    results = interpret(imported.graph, x, imported.values)[imported.graph.output]
    assert (results == results[0]).all()
    same = Dataset(x, np.zeros(5, np.int64), "00" * 32)
    assert duplicates(same, found) == [(0, later) for later in range(1, 5)]
    with pytest.raises(InputError, match="equal in all that the model reads"):
        _refuse_duplicates(imported.graph, same, allowed=False)
    _refuse_duplicates(imported.graph, same, allowed=True)

    x[1:, np.flatnonzero(found)[-1]] += np.arange(1, 5)
    _refuse_duplicates(imported.graph, Dataset(x, same.labels, same.digest), allowed=False)
