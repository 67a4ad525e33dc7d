"""What needs no data is evaluated on import: shapes as PyTorch computes them, and weights."""

import numpy as np
import pytest
from handmade.images import Images
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.constants import constants
from zkpot.compiler.frontend.onnx_file import parse

IO = (("x", [4]), ("z", [2, 3]))
BATCH = pytest.mark.parametrize("batch", ["N", 1])


def ints(b, value):
    return b.array(value, np.int64)


def samples(b, x):
    """x.size(0) as PyTorch exports it."""
    number = b.node("Gather", [b.node("Shape", [x]), ints(b, 0)], axis=0)
    return b.node("Unsqueeze", [number, ints(b, [0])])


def view(b, x):
    """x.view(x.size(0), -1)."""
    return b.node("Reshape", [x, b.node("Concat", [samples(b, x), ints(b, [-1])], axis=0)])


def flatten_by_slices(b, x):
    """What ``flatten(1)`` becomes where all dimensions are computed."""
    shape = b.node("Shape", [x])
    rest = b.node("Slice", [shape, ints(b, [1]), ints(b, [2**31 - 1]), ints(b, [0])])
    size = b.node("ReduceProd", [rest], axes=[0], keepdims=1)
    first = b.node("Slice", [shape, ints(b, [0]), ints(b, [1])])
    return b.node("Reshape", [x, b.node("Concat", [first, size], axis=0)])


def upsampled(b, x):
    """interpolate(scale_factor=2) by computed sizes."""
    shape = b.node("Shape", [x])
    spatial = b.node("Slice", [shape, ints(b, [2]), ints(b, [4])])
    doubled = b.node("Cast", [spatial], to=TensorProto.FLOAT)
    doubled = b.node("Floor", [b.node("Mul", [doubled, b.array(2, np.float32)])])
    doubled = b.node("Cast", [doubled], to=TensorProto.INT64)
    first = b.node("Slice", [shape, ints(b, [0]), ints(b, [2])])
    sizes = b.node("Concat", [first, doubled], axis=0)
    return b.node("Resize", [x, "", "", sizes])


def expanded(b, x):
    """x.unsqueeze(2).expand(-1, -1, 3, -1, -1), by ConstantOfShape, Equal and Where."""
    wanted = ints(b, [-1, -1, 3, -1, -1])
    rank = b.node("Shape", [wanted])
    ones = b.node("ConstantOfShape", [rank], value=helper.make_tensor("v", 7, [1], [1]))
    unknown = b.node("Equal", [wanted, b.node("Mul", [ones, ints(b, -1)])])
    target = b.node("Where", [unknown, ones, wanted])
    return b.node("Expand", [b.node("Unsqueeze", [x, ints(b, [2])]), target])


def by_a_range(b, x):
    """x[:, torch.arange(0, 4, 2)]."""
    index = b.node("Range", [ints(b, 0), ints(b, 4), ints(b, 2)])
    return b.node("Gather", [x, index], axis=1)


def by_size(b, x):
    """Reshape to the number of elements over the number of samples."""
    shape = b.node("Shape", [x], start=0, end=1)
    each = b.node("Div", [b.node("Size", [x]), shape])
    return b.node("Reshape", [x, b.node("Concat", [shape, each], axis=0)])


@BATCH
@pytest.mark.parametrize(
    "compose", [view, flatten_by_slices, upsampled, expanded, by_a_range, by_size]
)
def test_shape_arithmetic(path, save, compose, batch):
    b = Images(len(compose.__name__), batch=batch)
    grid = b.grid()
    b.exact(save, path, b.both(compose(b, b.input(grid)), b.grid()), grid)


def test_the_shape_of_the_model_s_input(path, save):
    b = Images(1)
    grid = b.grid()
    target = b.node("Concat", [samples(b, "x"), ints(b, [8, -1])], axis=0)
    b.exact(save, path, b.both(b.node("Reshape", [b.input(grid), target]), b.grid()), grid)


def joined(b, x):
    target = b.node("Concat", [ints(b, [-1]), samples(b, x)], axis=0)
    return b.node("Reshape", [x, target])


def scaled_by_samples(b, x):
    number = b.node("Cast", [samples(b, x)], to=TensorProto.FLOAT)
    return b.node("Div", [x, number])


@pytest.mark.parametrize(
    ("compose", "words"),
    [(joined, "does not keep samples"), (scaled_by_samples, "follows from the number of samples")],
)
def test_what_depends_on_the_number_of_samples_is_refused(path, save, compose, words):
    b = Images(2)
    grid = b.grid()
    b.written(save, path, b.both(compose(b, b.input(grid)), grid))
    with pytest.raises(InputError, match=words):
        import_model(path)


@pytest.mark.parametrize("steps", ["transposed", "reshaped", "folded"])
@pytest.mark.parametrize("per_channel", [True, False])
def test_weights_that_are_moved(path, save, steps, per_channel):
    b = Images(3, shape=(12,))
    grid = b.quantizer(2.0**-4, 128, "uint8")
    scales = np.full(5 if per_channel else (), 2.0**-5)
    quantizer = b.quantizer(scales, np.zeros(scales.shape), "int8")
    if steps == "transposed":
        weight = b.dequantize(b.array(b.weights((5, 12))), quantizer, axis=0)
        weight = b.node("Transpose", [weight], perm=[1, 0])
    elif steps == "reshaped":
        raw = b.node("Reshape", [b.array(b.weights((60,))), ints(b, [12, 5])])
        weight = b.dequantize(raw, quantizer, axis=1)
    else:
        half = b.array(b.weights((6, 5)))
        raw = b.node("Identity", [b.node("Concat", [half, half], axis=0)])
        weight = b.dequantize(raw, quantizer, axis=1)
    y = b.node("MatMul", [b.input(grid), weight])
    graph = b.exact(save, path, b.both(y, b.quantizer(2.0**-2, 100, "uint8")), grid)
    assert graph.parameters[0].type.shape == (12, 5)


@pytest.mark.parametrize("kind", ["int4", "uint4"])
@pytest.mark.parametrize("per_channel", [True, False])
def test_four_bit_weights(path, save, kind, per_channel):
    b = Images(4, shape=(12,))
    grid = b.quantizer(2.0**-4, 128, "uint8")
    low, zero = (-8, 0) if kind == "int4" else (0, 8)
    values = b.random.integers(low, low + 16, (12, 5))
    scales = np.float32(2.0 ** b.random.integers(-4, -1, 5 if per_channel else ()))
    element = getattr(TensorProto, kind.upper())
    shape = scales.shape
    b.arrays |= {
        "w": four_bits("w", element, values),
        "zero": four_bits("zero", element, np.full(shape, zero)),
    }
    weight = b.node("DequantizeLinear", ["w", b.array(scales), "zero"], axis=1)
    y = b.both(b.node("MatMul", [b.input(grid), weight]), b.quantizer(0.5, 100, "uint8"))
    graph = b.exact(save, path, y, grid, opset=21)
    interval = graph.parameters[0].type.interval
    assert (interval.lo, interval.hi) == (-8, 7)


def four_bits(name, element, values):
    """An array in a type that ``save`` hands on as it is."""
    return numpy_helper.to_array(
        helper.make_tensor(name, element, values.shape, values.reshape(-1).tolist())
    )


def test_constants_of_a_graph_alone():
    nodes = [
        helper.make_node("Unsqueeze", ["a", "axes"], ["b"]),
        helper.make_node("Concat", ["b", "b"], ["c"], axis=0),
        helper.make_node("Split", ["c"], ["d", ""], num_outputs=2),
        helper.make_node("Constant", [], ["e"], value_floats=[1.0, 2.0]),
        helper.make_node("DequantizeLinear", ["q", "s"], ["f"]),
        helper.make_node("RandomUniformLike", ["e"], ["g"]),
        helper.make_node("Einsum", ["c"], ["wrong"], equation="ij"),
        helper.make_node("Neg", ["x"], ["y"]),
    ]
    arrays = {"a": np.array(3), "axes": np.array([0]), "q": np.int8([1]), "s": np.float32(1)}
    initializers = [numpy_helper.from_array(v, k) for k, v in arrays.items()]
    found = constants(helper.make_graph(nodes, "net", [], [], initializers))
    assert set(found) == {*arrays, "b", "c", "d", "e"}
    assert found["c"].tolist() == [3, 3] and found["e"].dtype == np.float32


def test_the_operator_set_decides_what_an_attribute_means():
    node = helper.make_node("Squeeze", ["a"], ["b"], axes=[0])
    graph = helper.make_graph(
        [node], "net", [], [], [numpy_helper.from_array(np.ones((1, 2), np.int64), "a")]
    )
    assert "b" not in constants(graph)
    assert constants(graph, [helper.make_opsetid("", 11)])["b"].shape == (2,)


def test_weights_are_private_and_shapes_public():
    nodes = [
        helper.make_node("Concat", ["batch", "shape"], ["target"], axis=0),
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("DequantizeLinear", ["weight", "scale"], ["w"]),
        helper.make_node("Transpose", ["w"], ["wt"]),
        helper.make_node("MatMul", ["d", "wt"], ["y"]),
        helper.make_node("Reshape", ["y", "target"], ["z"]),
    ]
    arrays = {
        "batch": np.array([0]),
        "shape": np.array([2, 3]),
        "weight": np.ones((6, 4), np.int8),
        "scale": np.float32(0.5),
        "zero": np.int8(3),
        "unread": np.ones(3, np.int64),
    }
    io = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", *s]) for n, s in IO]
    initializers = [numpy_helper.from_array(v, k) for k, v in arrays.items()]
    graph = helper.make_graph(nodes, "net", io[:1], io[1:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    stripped = parse(strip_weights(model.SerializeToString()), "it")
    left = {t.name: numpy_helper.to_array(t) for t in stripped.graph.initializer}
    assert left.keys() == {"weight", "scale", "zero", "target"}
    assert not left["weight"].any()
    assert (left["scale"], left["zero"], left["target"].tolist()) == (0.5, 3, [0, 2, 3])
