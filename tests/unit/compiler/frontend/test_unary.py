"""Functions of one 8-bit tensor become tables, equal to onnxruntime on every byte."""

import numpy as np
import pytest
from handmade.images import Images
from onnx import TensorProto
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model

OPSET = 20

PLAIN = {
    "Abs": {},
    "Atan": {},
    "Ceil": {},
    "Celu": {"alpha": 0.5},
    "Cos": {},
    "Elu": {"alpha": 0.7},
    "Erf": {},
    "Exp": {},
    "Floor": {},
    "Gelu": {"approximate": "tanh"},
    "HardSigmoid": {},
    "HardSwish": {},
    "LeakyRelu": {"alpha": 0.1},
    "Log": {},
    "Mish": {},
    "Neg": {},
    "Reciprocal": {},
    "Round": {},
    "Selu": {},
    "Shrink": {"bias": 0.3, "lambd": 0.2},
    "Sigmoid": {},
    "Sign": {},
    "Sin": {},
    "Softplus": {},
    "Softsign": {},
    "Sqrt": {},
    "Tanh": {},
    "ThresholdedRelu": {"alpha": 0.4},
}


@pytest.mark.parametrize("op", PLAIN)
def test_one_operator(path, save, op):
    b = Images(sum(map(ord, op)), dtype=["uint8", "int8"][len(op) % 2])
    grid = b.grid()
    y = b.node(op, [b.input(grid)], **PLAIN[op])
    graph = b.exact(save, path, b.both(y, b.grid()), grid, opset=OPSET)
    assert [n.op for n in graph.nodes] in (["table"], [])


def swish(b, x):
    return b.node("Mul", [x, b.node("Sigmoid", [x])])


def hard_swish(b, x):
    shifted = b.node("Add", [x, b.array(3, np.float32)])
    bounds = [b.array(v, np.float32) for v in (0, 6)]
    return b.node(
        "Div", [b.node("Mul", [x, b.node("Clip", [shifted, *bounds])]), b.array([6.0], np.float32)]
    )


def gelu(b, x):
    erf = b.node("Erf", [b.node("Div", [x, b.array(np.sqrt(2), np.float32)])])
    one = b.node("Add", [erf, b.array(1, np.float32)])
    return b.node("Mul", [b.node("Mul", [x, one]), b.array(0.5, np.float32)])


def selection(b, x):
    positive = b.node("Greater", [x, b.array(0.1, np.float32)])
    other = b.node("Pow", [x, b.array(2, np.float32)])
    return b.node("Where", [positive, b.node("Tanh", [x]), other])


def affine(b, x):
    y = b.node("Sub", [b.array(1.3, np.float32), b.node("Mul", [b.array(0.7, np.float32), x])])
    return b.node("Max", [y, b.array(0.2, np.float32)])


def square_and_double(b, x):
    return b.node("Sub", [b.node("Mul", [x, x]), b.node("Add", [x, x])])


def reshaped(b, x):
    y = b.node("Flatten", [b.node("Sigmoid", [x])])
    return b.node("Relu", [b.node("Sub", [y, b.array(0.3, np.float32)])])


def joined(b, x):
    pads = b.array([0, 0, 0, 1, 0, 0, 0, 1], np.int64)
    return b.node("Tanh", [b.node("Pad", [b.node("Concat", [x, x], axis=1), pads])])


def indicator(b, x):
    less = b.node("Not", [b.node("Less", [x, b.array(0.25, np.float32)])])
    return b.node("Cast", [less], to=TensorProto.FLOAT)


def after_relu(b, x):
    return b.node("Exp", [b.node("Neg", [b.node("Relu", [x])])])


def quick_gelu(b, x):
    return b.node("QuickGelu", [x], "com.microsoft", alpha=1.702)


def fast_gelu(b, x):
    return b.node("FastGelu", [x], "com.microsoft")


def microsoft_gelu(b, x):
    return b.node("Gelu", [x], "com.microsoft")


def scaled_by_a_quantized_constant(b, x):
    factor = b.dequantize(b.array(37, b.dtype), b.quantizer(0.03, 5, b.dtype))
    return b.node("Mul", [x, factor])


def raised_by_a_quantized_constant(b, x):
    term = b.dequantize(b.array([37], b.dtype), b.quantizer(0.03, 5, b.dtype))
    return b.node("Add", [term, x])


COMPOSED = [
    swish,
    hard_swish,
    gelu,
    selection,
    affine,
    square_and_double,
    reshaped,
    joined,
    indicator,
    after_relu,
    quick_gelu,
    fast_gelu,
    microsoft_gelu,
    scaled_by_a_quantized_constant,
    raised_by_a_quantized_constant,
]


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("compose", COMPOSED)
def test_several_operators_are_one_table(path, save, compose, dtype):
    b = Images(len(compose.__name__), dtype=dtype)
    grid = b.grid()
    y = b.both(compose(b, b.input(grid)), b.grid())
    graph = b.exact(save, path, y, grid)
    assert [n.op for n in graph.nodes if n.op != "select"] == ["table"]


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("op", ["QLinearSigmoid", "QLinearLeakyRelu"])
def test_operators_on_bytes(path, save, op, dtype):
    b = Images(11, dtype=dtype, form="QOperator")
    grid, out = b.grid(), b.grid()
    attributes = {"alpha": 0.2} if op == "QLinearLeakyRelu" else {}
    y = b.node(op, [b.input(grid), *grid, *out], "com.microsoft", **attributes)
    b.exact(save, path, b.dequantize(y, out), grid)


@pytest.mark.parametrize("slopes", [np.float32([0.25]), np.float32([0.1, 0.3, 0.1, 0])])
def test_a_slope_a_channel(path, save, slopes):
    b = Images(12)
    grid = b.grid()
    slope = b.array(slopes.reshape(-1, 1, 1))
    graph = b.exact(save, path, b.both(b.node("PRelu", [b.input(grid), slope]), b.grid()), grid)
    tables = [n for n in graph.nodes if n.op == "table"]
    assert len(tables) == len(set(slopes.tolist()))
    assert sum(t.output.type.size for t in tables) == 96


def test_a_table_has_only_the_entries_that_its_input_reaches(path, save):
    b = Images(13)
    grid = b.quantizer(0.125, 128, "uint8")
    x = b.both(b.node("Relu", [b.input(grid)]), grid)
    graph = b.exact(save, path, b.both(b.node("Tanh", [x]), b.grid()), grid)
    (table,) = (n for n in graph.nodes if n.op == "table")
    assert (table.attrs["lo"], len(table.attrs["table"])) == (0, 128)


def accumulator(b, x):
    weight = b.weight((4, 4, 1, 1), 0.1, axis=0)
    return b.node("Sigmoid", [b.node("Conv", [x, weight])])


def two_sources(b, x):
    return b.node("Div", [x, b.both(b.node("Neg", [x]), b.grid())])


def float_vector(b, x):
    return b.node("Div", [x, b.array(np.ones((1, 4, 1, 1)), np.float32)])


def half(b, x):
    return b.node("Cast", [x], to=TensorProto.FLOAT16)


@pytest.mark.parametrize(
    ("compose", "words"),
    [
        (accumulator, "put a QuantizeLinear and a DequantizeLinear before it"),
        (two_sources, "it reads several tensors"),
        (float_vector, "constants of several elements"),
        (half, "casts to TensorProto.FLOAT16"),
    ],
)
def test_refusals(path, save, compose, words):
    b = Images(14)
    grid = b.grid()
    b.written(save, path, b.both(compose(b, b.input(grid)), grid))
    with pytest.raises(InputError) as caught:
        import_model(path)
    assert words in str(caught.value) and "node '" in str(caught.value)


def test_an_operator_set_that_onnxruntime_does_not_know(path, save):
    b = Images(15)
    grid = b.grid()
    celu = b.node("Celu", [b.input(grid)], alpha=0.5)
    b.written(save, path, b.both(celu, b.grid()), opset=28)
    with pytest.raises(InputError, match="can't run the function") as caught:
        import_model(path)
    assert "operator set" in str(caught.value)
