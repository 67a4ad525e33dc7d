"""The imported graph is public: it must not depend on what the weights are, only on how they are
read."""

import numpy as np
import pytest
from handmade.builder import Builder
from zkpot.compiler.frontend import import_model

SIZE = 6
SQUARE = np.arange(SIZE * SIZE, dtype=np.int8).reshape(SIZE, SIZE)
SYMMETRIC = (SQUARE // 2 + SQUARE.T // 2).astype(np.int8)
STEP = 0.125


def grid(b):
    return b.quantizer(STEP, 0, "int8")


def imported(b, output, save, path):
    return import_model(b.save(save, path, output, shape=["N", SIZE]))


def two_dense_layers(weight, transposed):
    """x·W, then ·W again, or ·Wᵀ: autoencoders with tied weights do the latter."""
    b = Builder()
    tied = b.dequantize(b.array(weight), grid(b))
    hidden = b.both(b.node("Gemm", [b.both("x", grid(b)), tied]), grid(b))
    return b, b.node("Gemm", [hidden, tied], transB=int(transposed))


@pytest.mark.parametrize("transposed", [False, True])
def test_whether_a_weight_is_its_own_transpose_does_not_show(save, path, transposed):
    graphs = []
    for weight in (SQUARE, SYMMETRIC, np.zeros_like(SQUARE)):
        graphs.append(imported(*two_dense_layers(weight, transposed), save, path).graph)
    assert graphs[0] == graphs[1] == graphs[2]


@pytest.mark.parametrize(("transposed", "parameters"), [(False, 1), (True, 2)])
def test_a_weight_read_twice_in_one_way_is_one_parameter(save, path, transposed, parameters):
    found = imported(*two_dense_layers(SQUARE, transposed), save, path)
    assert len(found.values) == parameters
    for name, values in found.values.items():
        assert np.array_equal(values, SQUARE.T if name.endswith("'") else SQUARE)


def biased_twice(bias, steps):
    """Two layers with one float bias, which onnxruntime rounds to each layer's own steps."""
    b = Builder()
    current, name = b.both("x", grid(b)), b.array(bias, np.float32)
    for step in steps:
        weight = b.dequantize(b.array(SQUARE), b.quantizer(step, 0, "int8"))
        current = b.both(b.node("Gemm", [current, weight, name]), grid(b))
    return b, current


def test_a_float_bias_in_steps_of_two_sizes_is_two_parameters_even_where_it_is_zero(save, path):
    bias = np.arange(SIZE) - 2.5
    whole = imported(*biased_twice(bias, (0.5, 0.25)), save, path)
    zero = imported(*biased_twice(bias * 0, (0.5, 0.25)), save, path)
    assert whole.graph == zero.graph
    biases = [v for v in whole.values.values() if len(v) == 1]
    assert len(biases) == 2
    assert np.array_equal(biases[0] * 2, biases[1])


def test_a_float_bias_in_steps_of_one_size_is_one_parameter(save, path):
    found = imported(*biased_twice(np.linspace(-2, 2, SIZE), (0.5, 0.5)), save, path)
    assert [len(v) for v in found.values.values()].count(1) == 1


def test_weights_with_several_zero_points_are_several_parameters(save, path):
    """QLinearMatMul has zero points of its own for what it reads: the integers are others."""
    b = Builder()
    current, weight = b.quantize("x", grid(b)), b.array(SQUARE)
    for zero in (np.zeros(SIZE), np.arange(SIZE)):
        terms = [weight, *b.quantizer(np.full(SIZE, STEP), zero, "int8")]
        current = b.node("QLinearMatMul", [current, *grid(b), *terms, *grid(b)])
    found = imported(b, b.dequantize(current, grid(b)), save, path)
    first, second = found.values.values()
    assert np.array_equal(first, SQUARE)
    assert np.array_equal(second, SQUARE - np.arange(SIZE))
