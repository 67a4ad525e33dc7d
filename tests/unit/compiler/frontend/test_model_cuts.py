"""A model cut off behind a tensor runs by the kernels of the whole one."""

import numpy as np
from handmade.builder import Builder, data
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause


def test_a_sum_that_is_read_twice_is_added_in_floats(save, path):
    """And in a kernel if it were read once, which at an odd zero point breaks ties otherwise."""
    b = Builder()
    current = b.both("x", b.quantizer(2**-6, -100, np.int8))
    constant = b.dequantize(
        b.array(b.weights((12,), 128, "uint8")), b.quantizer(2**-5, 128, np.uint8)
    )
    total = b.both(b.node("Add", [current, constant]), b.quantizer(2**-5, -19, np.int8))
    product = b.node("Mul", [total, b.node("Neg", [total])])
    b.save(save, path, b.both(product, b.quantizer(2**-5, -100, np.int8)))
    report = check_model(path, data(2**-6))
    assert report.cause is Cause.NONE, str(report)
