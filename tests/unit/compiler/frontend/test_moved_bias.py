"""A bias behind accumulators that were moved: taken back to where the layer has its own, and
refused where the layer has no such place."""

import numpy as np
import pytest
from handmade.builder import Builder
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

WIDTH, STEP = 4, 0.125


def model(save, path, mover, bias):
    """x·W, its ``mover``, + ``bias``: (operator, constant inputs) and integers."""
    b = Builder()
    grid = b.quantizer(STEP, 0, "int8")
    weight = b.dequantize(b.array(b.weights((8, WIDTH))), grid)
    accumulators = b.node("MatMul", [b.both("x", grid), weight])
    (op, *constants), attributes = mover
    moved = b.node(op, [accumulators, *(b.array(c) for c in constants)], **attributes)
    added = b.dequantize(b.array(bias, np.int32), b.quantizer(STEP * STEP, 0, np.int32))
    return b.save(save, path, b.node("Add", [moved, added]), shape=["N", 8])


REPEATED = {
    "Tile": (("Tile", [1, 2]), {}),
    "Gather": (("Gather", [0, 0, 1, 2, 3]), {"axis": 1}),
    "Pad": (("Pad", [0, 0, 0, 2]), {}),
    "Pad in front": (("Pad", [0, 1, 0, 0]), {}),
}


@pytest.mark.parametrize("bias", [0, 700])
@pytest.mark.parametrize("case", REPEATED)
def test_accumulators_that_were_repeated_or_padded_take_no_bias(save, path, case, bias):
    """One accumulator would need two biases, or padding one. Refused also where the numbers would
    come out right (all biases 0): another contributor's would not."""
    (op, constant), _ = REPEATED[case]
    size = {"Tile": 2 * WIDTH, "Gather": 5}.get(op, WIDTH + sum(constant))
    model(save, path, REPEATED[case], np.arange(size) * bias)
    with pytest.raises(InputError, match="some were repeated or padded"):
        import_model(path)


PERMUTED = {
    "Gather": ((("Gather", [2, 0, 3, 1]), {"axis": 1}), [2, 0, 3, 1]),
    "Gather of some": ((("Gather", [3, 1]), {"axis": 1}), [3, 1]),
    "Slice": ((("Slice", [1], [3], [1]), {}), [1, 2]),
    "Slice backwards": ((("Slice", [3], [-9], [1], [-1]), {}), [3, 2, 1, 0]),
}


@pytest.mark.parametrize("case", PERMUTED)
def test_a_bias_of_accumulators_in_another_order_is_put_in_its_place(save, path, case):
    mover, order = PERMUTED[case]
    bias = np.array([5000, -7, 900, 33])[: len(order)]
    model(save, path, mover, bias)
    imported = import_model(path)
    (row,) = (v for v in imported.values.values() if len(v) == 1)
    expected = np.zeros(WIDTH, np.int64)
    expected[order] = bias
    assert np.array_equal(row[0], expected)
    x = np.random.default_rng(2).integers(-140, 140, (40, 8)) * np.float32(STEP)
    report = check_model(path, x.astype(np.float32), imported=imported)
    assert report.cause is Cause.NONE, str(report)
