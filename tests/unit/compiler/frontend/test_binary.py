"""Sums, differences and products of two 8-bit tensors, as kernels and as floats."""

import numpy as np
import pytest
from handmade.images import SHAPE, Images
from zkpot.compiler.circuit import lower
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model

DTYPES = pytest.mark.parametrize("dtype", ["uint8", "int8"])
SEEDS = pytest.mark.parametrize("seed", range(4))


def operands(b):
    """Two tensors of one shape that have nothing in common but the data, and the first grid."""
    grid = b.grid()
    x = b.both("x", grid)
    return x, b.both(b.node("Transpose", [b.node("Neg", [x])], perm=[0, 2, 1, 3]), b.grid()), grid


@SEEDS
@DTYPES
@pytest.mark.parametrize("op", ["Add", "Mul"])
def test_two_tensors(path, save, op, dtype, seed):
    b = Images(seed, dtype=dtype)
    x, y, grid = operands(b)
    b.exact(save, path, b.both(b.node(op, [x, y]), b.grid()), grid)


@DTYPES
@pytest.mark.parametrize("op", ["Sub", "Mul", "Add"])
@pytest.mark.parametrize("clipped", ["Relu", None])
def test_at_powers_of_two(path, save, op, dtype, clipped):
    b = Images(5, dtype=dtype)
    grid = b.quantizer(2.0**-3, b.zero(), dtype)
    x = b.both("x", grid)
    y = b.both(b.node("Neg", [b.node("Transpose", [x], perm=[0, 2, 1, 3])]), grid)
    y = b.node(op, [x, y])
    y = y if clipped is None else b.node(clipped, [y])
    b.exact(save, path, b.both(y, b.quantizer(2.0**-1, b.zero(), dtype)), grid)


@SEEDS
@DTYPES
def test_differences_at_any_scales(path, save, dtype, seed):
    b = Images(seed + 10, dtype=dtype)
    x, y, grid = operands(b)
    b.exact(save, path, b.both(b.node("Sub", [x, y]), b.grid()), grid)


@SEEDS
@DTYPES
@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearMul"])
@pytest.mark.parametrize("constant", [None, 0, 1])
def test_operators_on_bytes(path, save, op, dtype, seed, constant):
    b = Images(seed + 20, dtype=dtype, form="QOperator")
    grids = [b.grid(), b.grid()]
    out = b.grid()
    x = b.quantize("x", grids[0])
    if constant is None:
        y = b.quantize(b.node("Tanh", [b.dequantize(x, grids[0])]), grids[1])
    else:
        y = b.array(b.random.integers(0, 100, (1, 4, 1, 6)), dtype)
    terms = [[x, *grids[0]], [y, *grids[1]]]
    first, second = reversed(terms) if constant == 0 else terms
    y = b.node(op, [*first, *second, *out], "com.microsoft")
    b.exact(save, path, b.dequantize(y, out), grids[0])


@DTYPES
@pytest.mark.parametrize("op", ["Add", "Sub", "Mul"])
@pytest.mark.parametrize("first", [True, False], ids=["constant first", "constant second"])
@pytest.mark.parametrize("shape", [(1, 4, 1, 1), (4, 6), SHAPE], ids=str)
def test_quantized_constants(path, save, op, dtype, first, shape):
    b = Images(30 + len(shape), dtype=dtype)
    grid = b.quantizer(2.0**-4, b.zero(), dtype)
    row = b.array(b.random.integers(0, 128, shape), dtype)
    constant = b.dequantize(row, b.quantizer(2.0**-5, b.zero(), dtype))
    x = b.both("x", grid)
    terms = [constant, x] if first else [x, constant]
    graph = b.exact(save, path, b.both(b.node(op, terms), b.quantizer(0.25, 3, dtype)), grid)
    (parameter,) = graph.parameters
    assert parameter.type.shape == (1, np.prod(SHAPE))


@pytest.mark.parametrize("op", ["Add", "Mul"])
def test_a_channel_meets_an_image(path, save, op):
    """Squeeze and excitation."""
    b = Images(40)
    grid = b.grid()
    x = b.both("x", grid)
    one = b.node("Slice", [x, *(b.array(v, np.int64) for v in ([0, 0], [1, 1], [2, 3]))])
    gate = b.both(b.node("Sigmoid", [one]), b.grid())
    b.exact(save, path, b.both(b.node(op, [x, gate]), b.grid()), grid)
    assert import_model(path).graph.nodes[-1].output.type.size == np.prod(SHAPE)


def test_sum_of_two(path, save):
    b = Images(41)
    x, y, grid = operands(b)
    b.exact(save, path, b.both(b.node("Sum", [b.node("Sum", [x]), y]), b.grid()), grid)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul"])
@pytest.mark.parametrize("shape", [(4,), (1, 4)], ids=str)
def test_a_bias_on_accumulators_only_adds(path, save, op, shape):
    b = Images(42)
    grid = b.quantizer(0.5, 128, "uint8")
    y = b.node("Conv", [b.both("x", grid), b.weight((4, 4, 1, 1), 0.25, axis=0)])
    y = b.node(op, [y, b.dequantize(b.array(np.ones(shape), np.int8), b.quantizer(0.1, 0, "int8"))])
    b.written(save, path, b.both(y, grid))
    with pytest.raises(InputError, match=rf"{op.lower()}\d+' \({op}\)"):
        import_model(path)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("op", ["Add", "Sub", "Mul"])
def test_lowered_in_the_order_that_templates_take(path, save, op, first):
    b = Images(43, shape=(6,))
    grid = b.quantizer(2.0**-4, 128, "uint8")
    row = b.array(b.random.integers(0, 128, (1, 6)), np.uint8)
    terms = [b.dequantize(row, b.quantizer(2.0**-4, 100, "uint8")), b.both("x", grid)]
    y = b.node(op, terms if first else terms[::-1])
    graph = b.exact(save, path, b.both(y, b.quantizer(2.0**-3, 100, "uint8")), grid)
    lowered = lower(graph, 2, 8, {}).graph
    pairs = [n for n in lowered.nodes if n.op in ("add", "multiply")]
    assert pairs
    assert all(lowered.is_parameter(n.inputs[1]) for n in pairs)


def three(b, x, y):
    return b.node("Sum", [x, y, x])


def divided(b, x, y):
    return b.node("Div", [x, y])


def larger(b, x, y):
    return b.node("Max", [x, y])


def other_rank(b, x, y):
    return b.node("Mul", [x, b.node("Flatten", [y])])


def other_shape(b, x, y):
    crop = [b.array(v, np.int64) for v in ([0], [3], [2])]
    return b.node("Add", [x, b.node("Slice", [y, *crop])])


def unquantized(b, x, y):
    return b.node("Add", [b.node("Sigmoid", [x]), y])


@pytest.mark.parametrize(
    ("compose", "words"),
    [
        (three, "add two at a time"),
        (divided, "it reads several tensors"),
        (larger, "it reads several tensors"),
        (other_rank, "reshape them to one rank"),
        (other_shape, "shapes [1, 4, 4, 6] and [1, 4, 3, 6] meet"),
        (unquantized, "is no quantized tensor"),
    ],
)
def test_refusals(path, save, compose, words):
    b = Images(44)
    x, y, grid = operands(b)
    b.written(save, path, b.both(compose(b, x, y), grid))
    with pytest.raises(InputError) as caught:
        import_model(path)
    assert words in str(caught.value) and "node '" in str(caught.value)


def test_a_float_product_that_integers_do_not_decide(path, save):
    b = Images(45, dtype="int8")
    grid, other = b.quantizer(0.025, 0, "int8"), b.quantizer(0.0132, 0, "int8")
    x = b.both("x", grid)
    y = b.both(b.node("Neg", [x]), other)
    product = b.node("Relu", [b.node("Mul", [x, y])])
    b.written(save, path, b.both(product, b.quantizer(0.0372, 0, "int8")))
    with pytest.raises(InputError, match=r"rounded unlike other products"):
        import_model(path)
