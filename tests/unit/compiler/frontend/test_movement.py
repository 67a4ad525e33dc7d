"""Data movement, held against onnxruntime: on bytes, between quantizers, behind accumulators."""

import numpy as np
import pytest
from handmade.images import SHAPE, Images
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model

# operator, its constant inputs (None: left out), attributes, operator set
MOVES = {
    "transpose": ("Transpose", [], {"perm": [0, 2, 3, 1]}, 17),
    "reshape": ("Reshape", [[0, 8, -1]], {}, 17),
    "flatten": ("Flatten", [], {}, 17),
    "unsqueeze": ("Unsqueeze", [[2]], {}, 17),
    "slice": ("Slice", [[0, 1], [4, 6], [1, 3], [1, 2]], {}, 17),
    "slice backwards": ("Slice", [[-1], [-9], [2], [-1]], {}, 17),
    "gather": ("Gather", [[3, 0, 0, 1]], {"axis": 1}, 17),
    "gather one": ("Gather", [2], {"axis": 2}, 17),
    "pad": ("Pad", [[0, 0, 1, 0, 0, 1, 0, 2]], {}, 17),
    "reflect": ("Pad", [[0, 0, 1, 2, 0, 0, 1, 0]], {"mode": "reflect"}, 17),
    "edge": ("Pad", [[0, 0, 1, 2, 0, 0, 1, 0]], {"mode": "edge"}, 17),
    "crop": ("Pad", [[0, 0, -1, 0, 0, 0, 0, -2]], {}, 17),
    "tile": ("Tile", [[1, 2, 1, 1]], {}, 17),
    "depth to space": ("DepthToSpace", [], {"blocksize": 2}, 17),
    "depth to space CRD": ("DepthToSpace", [], {"blocksize": 2, "mode": "CRD"}, 17),
    "space to depth": ("SpaceToDepth", [], {"blocksize": 2}, 17),
    "resize": ("Resize", [None, np.float32([1, 1, 2, 2])], {}, 17),
    "resize asymmetric": (
        "Resize",
        [None, np.float32([1, 1, 1.5, 0.5])],
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        17,
    ),
    "trilu": ("Trilu", [], {}, 17),
    "unsqueeze with an attribute": ("Unsqueeze", [], {"axes": [1]}, 11),
    "slice with attributes": ("Slice", [], {"axes": [2], "starts": [1], "ends": [3]}, 9),
    "upsample": ("Upsample", [np.float32([1, 1, 2, 2])], {"mode": "nearest"}, 9),
}


def constant(b, value):
    if value is None:
        return ""
    return b.array(value) if isinstance(value, np.ndarray) else b.array(value, np.int64)


def moved(b, tensor, move):
    op, inputs, attributes, opset = MOVES[move]
    return b.node(op, [tensor, *(constant(b, v) for v in inputs)], **attributes), opset


def for_old(b, opset):
    """Without what operator sets before 13 don't know."""
    for node in b.nodes:
        if opset < 13 and node.op_type == "DequantizeLinear":
            del node.attribute[:]


@pytest.mark.parametrize(("dtype", "batch"), [("uint8", "N"), ("int8", 1)])
@pytest.mark.parametrize("move", [m for m in MOVES if MOVES[m][3] > 9])
def test_between_quantizers_of_different_scales(path, save, move, dtype, batch):
    b = Images(hash_of(move), dtype=dtype, batch=batch)
    grid = b.grid()
    y, opset = moved(b, b.input(grid), move)
    y = b.both(y, b.grid())
    for_old(b, opset)
    graph = b.exact(save, path, y, grid, opset=opset)
    still = {"reshape", "flatten", "unsqueeze", "unsqueeze with an attribute"}
    assert ("select" in [n.op for n in graph.nodes]) == (move not in still)


def hash_of(text):
    return sum(map(ord, text))


@pytest.mark.parametrize("move", [m for m in MOVES if MOVES[m][3] == 17 and m != "trilu"])
def test_bytes_as_they_are(path, save, move):
    b = Images(1 + hash_of(move), form="QOperator")
    grid = b.quantizer(b.scale(), 0, "uint8")
    y, opset = moved(b, b.input(grid), move)
    b.exact(save, path, b.dequantize(y, grid), grid, opset=opset)


@pytest.mark.parametrize("move", ["transpose", "slice", "pad", "gather", "flatten", "resize"])
@pytest.mark.parametrize("act", [None, "Relu"])
@pytest.mark.parametrize("per_channel", [True, False])
def test_behind_accumulators(path, save, move, act, per_channel):
    b = Images(2 + hash_of(move))
    grid = b.quantizer(2.0**-4, 128, "uint8")
    scales = 2.0 ** b.random.integers(-8, -4, 4 if per_channel else ())
    zeros = np.zeros(scales.shape, np.int8)
    weight = b.dequantize(
        b.array(b.weights((4, 4, 1, 1))), b.quantizer(scales, zeros, "int8"), axis=0
    )
    y = b.node("Conv", [b.input(grid), weight])
    y, opset = moved(b, y, move)
    y = y if act is None else b.node(act, [y])
    y = b.both(y, b.quantizer(2.0**-3, 100, "uint8"))
    b.exact(save, path, y, grid, opset=opset)


@pytest.mark.parametrize("value", [0.0, 1.5, -3.0, -np.inf])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_padding_with_a_number(path, save, value, dtype):
    b = Images(3, dtype=dtype)
    grid = b.grid()
    amounts, value = b.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), b.array(value, np.float32)
    y = b.node("Pad", [b.input(grid), amounts, value])
    graph = b.exact(save, path, b.both(y, b.grid()), grid)
    tables = [n for n in graph.nodes if n.op == "table"]
    assert all(len(t.attrs["table"]) == 1 for t in tables)


@pytest.mark.parametrize("value", [3, 128, 255])
def test_padding_bytes(path, save, value):
    b = Images(4, form="QOperator")
    grid = b.quantizer(0.1, 128, "uint8")
    pads, byte = b.array([0, 0, 0, 1, 0, 0, 0, 1], np.int64), b.array(value, np.uint8)
    y = b.node("Pad", [b.input(grid), pads, byte])
    graph = b.exact(save, path, b.dequantize(y, grid), grid)
    assert ("table" in [n.op for n in graph.nodes]) == (value != 128)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_concatenations_of_different_scales(path, save, seed, dtype, form):
    b = Images(seed, dtype=dtype, form=form)
    grids = [b.grid() for _ in range(2)]
    out = grids[1] if seed == 1 else b.grid()
    first = b.quantize("x", grids[0])
    x = b.dequantize(first, grids[0])
    second = b.quantize(b.node("Sigmoid" if seed % 3 else "Neg", [x]), grids[1])
    axis = 1 + seed % 3
    if form == "QDQ":
        y = b.quantize(b.node("Concat", [x, b.dequantize(second, grids[1])], axis=axis), out)
    else:
        inputs = [*out, first, *grids[0], second, *grids[1]]
        y = b.node("QLinearConcat", inputs, "com.microsoft", axis=axis)
    b.exact(save, path, b.dequantize(y, out), grids[0])


def test_expansion(path, save):
    b = Images(9, shape=(4, 1, 6))
    grid = b.grid()
    y = b.node("Expand", [b.input(grid), b.array([1, 1, 3, 1], np.int64)])
    graph = b.exact(save, path, b.both(y, b.grid()), grid)
    assert graph.nodes[-1].output.type.size == 72


def test_one_tensor_in_several_and_back(path, save):
    b = Images(5)
    grid = b.grid()
    x = b.input(grid)
    sizes = b.array([1, 2, 1], np.int64)
    b.node("Split", [x, sizes], axis=1)
    b.nodes[-1].output[:] = ["p", "q", "r"]
    y = b.node("Concat", ["r", "q", "p"], axis=1)
    graph = b.exact(save, path, b.both(y, b.grid()), grid)
    assert [n.op for n in graph.nodes] == ["select"] * 4 + ["requantize"]


def test_parts_of_every_kind(path, save):
    """A sum, a product, a function, a clipped tensor and padding, quantized all at once."""
    b = Images(6)
    grid, other = b.grid(), b.grid()
    x = b.input(grid)
    z = b.both(b.node("Transpose", [x], perm=[0, 1, 2, 3]), other)
    pads = b.array([0, 0, 0, 0, 0, 1, 0, 0], np.int64)
    parts = [
        b.node("Sub", [x, z]),
        b.node("Tanh", [x]),
        b.node("Pad", [b.node("Sigmoid", [x]), pads]),
        b.node("Clip", [z, b.array(-0.5, np.float32), b.array(0.25, np.float32)]),
        z,
    ]
    y = b.node("Concat", parts, axis=1)
    taken = b.node("Gather", [y, b.array([0, 5, 9, 12, 13, 17], np.int64)], axis=1)
    b.exact(save, path, b.both(taken, b.grid()), grid)


def test_the_input_may_be_moved_before_it_is_quantized(path, save):
    b = Images(7)
    grid = b.grid()
    y = b.node("Transpose", ["x"], perm=[0, 3, 1, 2])
    y = b.node("Pad", [y, b.array([0, 0, 1, 0, 0, 0, 0, 0], np.int64)])
    graph = b.exact(save, path, b.both(y, grid), grid)
    assert graph.data.type.size == np.prod(SHAPE)
    assert [n.op for n in graph.nodes] == ["select"]


REFUSED = {
    "samples transposed": ("Transpose", [], {"perm": [1, 0, 2, 3]}, "keep samples"),
    "samples joined": ("Reshape", [[-1, 24]], {}, "keep samples"),
    "samples gathered": ("Gather", [[0, 0]], {"axis": 0}, "keep samples"),
    "interpolated": ("Resize", [None, np.float32([1, 1, 2, 2])], {"mode": "linear"}, "mode"),
    "cropped": (
        "Resize",
        [np.float32([0] * 4 + [1] * 4), np.float32([1, 1, 2, 2])],
        {"coordinate_transformation_mode": "tf_crop_and_resize"},
        "coordinate_transformation_mode",
    ),
    "by axes that aren't there": ("Unsqueeze", [[9]], {}, "onnxruntime can't run it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_node_and_reason(path, save, case):
    op, inputs, attributes, words = REFUSED[case]
    b = Images(8)
    grid = b.grid()
    y = b.node(op, [b.input(grid), *(constant(b, v) for v in inputs)], **attributes)
    b.written(save, path, b.both(y, grid))
    with pytest.raises(InputError, match=rf"{op.lower()}\d+' \({op}\)") as caught:
        import_model(path)
    assert words in str(caught.value)


@pytest.mark.parametrize("between", [None, "Identity", "Dropout"])
def test_two_quantizations_in_a_row(path, save, between):
    """onnxruntime makes one of them, with a scale of its own."""
    b = Images(10)
    grid, other = b.quantizer(0.1, 128, "uint8"), b.quantizer(0.07, 128, "uint8")
    x = b.both("x", grid)
    x = x if between is None else b.node(between, [x])
    b.written(save, path, b.both(x, other))
    with pytest.raises(InputError, match=r"makes one quantization of the two"):
        import_model(path)


def test_two_quantizations_between_transposes(path, save):
    """Once onnxruntime has joined the Transposes, nothing keeps the pairs apart."""
    b = Images(10)
    grid, other = b.quantizer(0.1, 128, "uint8"), b.quantizer(0.07, 128, "uint8")
    y = b.both(b.node("Transpose", [b.both("x", grid)], perm=[0, 2, 1, 3]), other)
    y = b.both(b.node("Transpose", [y], perm=[0, 2, 1, 3]), grid)
    b.written(save, path, y)
    with pytest.raises(InputError, match=r"makes one quantization of the two"):
        import_model(path)


def test_the_same_quantization_in_a_row(path, save):
    b = Images(10)
    grid = b.grid()
    graph = b.exact(save, path, b.both(b.both("x", grid), grid), grid)
    assert not graph.nodes
