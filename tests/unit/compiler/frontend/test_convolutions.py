"""Convolutions in every form, against onnxruntime, and what of them is refused."""

from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from handmade.builder import Builder
from handmade.windows import Ends, scale, window
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

TIES = ((0.1, 0.02), (0.3, 0.01), (0.7, 0.03))


@dataclass
class Layer:
    ends: Ends
    output: str
    groups: int


def convolution(seed, form, *, powers=False, ties=False, full_range=False, dtype=None):
    """A model of one Conv, its scales, types, zero points and attributes at random."""
    b, random = Builder(seed), np.random.default_rng(seed)
    rank, groups = int(random.integers(1, 3)), int(random.integers(1, 4))
    depth, width = int(random.integers(1, 4)), groups * int(random.integers(1, 4))
    dtype = dtype or ["uint8", "int8"][random.integers(2)]
    kind = "int8" if dtype == "int8" and form != "Conv" else ["uint8", "int8"][random.integers(2)]
    shape = (groups * depth, *(int(s) for s in random.integers(5, 9, rank)))
    scales = [scale(random, powers, 0.01, 0.2), scale(random, powers, 0.2, 2)]
    per_channel = bool(random.integers(2)) and not ties
    size = (width,) if per_channel else ()
    steps = np.array([scale(random, powers, 0.005, 0.05) for _ in range(width)], np.float32)
    weight_scale = steps if per_channel else steps[0]
    if ties:
        scales[0], weight_scale = TIES[seed % len(TIES)]
        scales[1] = round(16 * scales[0] * weight_scale, 6)
    ends = Ends(b, random, dtype, tuple(scales), shape)
    attributes = {**window(random, rank), "group": groups}
    most, middle = (127, 0) if full_range else (60, int(random.integers(-9, 10)))
    offset = 128 + middle if kind == "uint8" else 0
    taps = (width, depth, *attributes["kernel_shape"])
    weight = b.array(random.integers(-most, most + 1, taps) + offset, kind)
    quantizer = [b.array(weight_scale, np.float32), b.array(np.full(size, offset), kind)]
    bias = b.array(random.integers(-900, 900, width), np.int32) if random.integers(2) else None
    if form == "Conv":
        inputs = [ends.real(), b.dequantize(weight, quantizer, axis=0)]
        if bias is not None:
            product = b.array(np.float32(scales[0]) * np.float32(weight_scale), np.float32)
            none = b.array(np.zeros(size), np.int32)
            inputs.append(b.dequantize(bias, [product, none], axis=0))
        output = b.both(b.node("Conv", inputs, **attributes), ends.result)
    else:
        inputs = [ends.bytes, *ends.data, weight, *quantizer, *ends.result]
        inputs += [] if bias is None else [bias]
        output = b.dequantize(b.node("QLinearConv", inputs, **attributes), ends.result)
    return Layer(ends, output, groups)


@pytest.mark.parametrize("form", ["Conv", "QLinearConv"])
@pytest.mark.parametrize("powers", [True, False], ids=["powers", "any"])
@pytest.mark.parametrize("seed", range(12))
def test_random_convolutions(path, save, form, powers, seed):
    layer = convolution(seed, form, powers=powers)
    layer.ends.save(save, path, layer.output)
    report = check_model(path, layer.ends.samples())
    assert report.cause is Cause.NONE, str(report)


@pytest.mark.parametrize("seed", range(12))
def test_integer_kernels_at_ties(path, save, seed):
    layer = convolution(seed, "QLinearConv", ties=True)
    layer.ends.save(save, path, layer.output)
    report = check_model(path, layer.ends.samples(60))
    assert report.cause is Cause.NONE, str(report)


@pytest.mark.parametrize("form", ["Conv", "QLinearConv"])
def test_weights_of_full_range_saturate_at_most(path, save, form):
    causes = set()
    for seed in range(8):
        layer = convolution(seed, form, powers=True, full_range=True, dtype="uint8")
        layer.ends.save(save, path, layer.output)
        causes.add(check_model(path, layer.ends.samples()).cause)
    assert causes <= {Cause.NONE, Cause.SATURATING_KERNEL}


@pytest.mark.parametrize("form", ["Conv", "QLinearConv"])
@pytest.mark.parametrize("seed", range(4))
def test_the_architecture_has_the_same_graph(path, save, form, seed, tmp_path):
    layer = convolution(seed, form)
    layer.ends.save(save, path, layer.output)
    bare = tmp_path / "architecture.onnx"
    bare.write_bytes(strip_weights(path.read_bytes()))
    read, stripped = import_model(path), import_model(bare)
    assert stripped.graph == read.graph
    assert all(len(np.unique(values)) == 1 for values in stripped.values.values())


def test_one_node_of_the_graph_is_the_convolution(path, save):
    layer = convolution(3, "Conv")
    layer.ends.save(save, path, layer.output)
    nodes = [n for n in import_model(path).graph.nodes if n.op == "conv"]
    assert [n.attrs["groups"] for n in nodes] == [layer.groups]


@pytest.mark.parametrize("between", ["Relu", "MaxPool", "Relu+MaxPool", "MaxPool+Relu"])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_what_stands_between_it_and_its_quantizer(path, save, between, dtype):
    b, random = Builder(7), np.random.default_rng(7)
    ends = Ends(b, random, dtype, (0.125, 0.25), (3, 8, 8))
    current = b.node("Conv", [ends.real(), b.weight((5, 3, 3, 3), 0.0625, axis=0)])
    for op in between.split("+"):
        attributes = {"kernel_shape": [2, 2], "strides": [2, 2]} if op == "MaxPool" else {}
        current = b.node(op, [current], **attributes)
    ends.save(save, path, b.both(current, ends.result))
    report = check_model(path, ends.samples())
    assert report.cause is Cause.NONE, str(report)


def float_bias(op, dtype, after, *, quantized=True):
    b, random = Builder(2), np.random.default_rng(2)
    shape, size = ((2, 6, 6), (4, 2, 3, 3)) if op == "Conv" else ((12,), (12, 4))
    ends = Ends(b, random, dtype, (0.1, 0.03), shape)
    steps = random.integers(-900, 900, 4) + np.array([0.5, 0.25, -0.5, 0.7])  # ties, too
    bias = b.array(steps * np.float32(np.float32(0.1) * np.float32(0.02)), np.float32)
    weight = b.weight(size, 0.02, axis=0 if op == "Conv" else 1)
    current = b.node(op, [ends.real(), weight, bias])
    current = b.node(after, [current]) if after else current
    return ends, b.both(current, ends.result) if quantized else current


@pytest.mark.parametrize("op", ["Conv", "Gemm"])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("after", ["", "Relu"])
def test_float_biases_before_a_quantizer(path, save, op, dtype, after):
    ends, output = float_bias(op, dtype, after)
    ends.save(save, path, output)
    report = check_model(path, ends.samples(60))
    assert report.cause in (Cause.NONE, Cause.FLOAT_KERNEL if after else Cause.NONE), str(report)


@pytest.mark.parametrize("op", ["Conv", "Gemm"])
def test_float_biases_of_float_results_are_refused(path, save, op):
    ends, output = float_bias(op, "uint8", "", quantized=False)
    ends.save(save, path, output)
    with pytest.raises(InputError, match="its bias is a float"):
        import_model(path)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_a_batch_of_one(path, save, dtype):
    layer = convolution(5, "Conv", dtype=dtype, powers=True)
    layer.ends.save(save, path, layer.output)
    model = onnx.load(str(path))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(model, str(path))
    assert check_model(path, layer.ends.samples(5)).cause is Cause.NONE


def refused(path, save, node, shape=(2, 6, 6), weight=(4, 2, 3, 3), **attributes):
    b = Builder(1)
    ends = Ends(b, np.random.default_rng(1), "uint8", (0.125, 0.25), shape)
    if node == "QLinearConv":
        kernel = [b.array(b.weights(weight)), *b.quantizer(0.5, 0, np.int8)]
        inputs = [ends.bytes, *ends.data, *kernel, *ends.result]
        output = b.dequantize(b.node(node, inputs, **attributes), ends.result)
    else:
        inputs = [ends.real(), b.weight(weight, 0.5, axis=0)]
        output = b.both(b.node(node, inputs, **attributes), ends.result)
    ends.save(save, path, output)
    with pytest.raises(InputError) as error:
        import_model(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"auto_pad": "SAME_UPPER", "dilations": [2, 2]}, "SAME_UPPER with dilations"),
        ({"auto_pad": "SAME_LOWER", "strides": [6, 6]}, "strides beyond its kernel"),
        ({"group": 2}, "2 channels in 2 groups"),
        ({"kernel_shape": [2, 2]}, r"kernel of shape [2, 2]"),
        ({"pads": [1, 1]}, "give it 4 values"),
        ({"dilations": [3, 3]}, "spans 7 of 6 elements"),
    ],
)
def test_refused_attributes(path, save, attributes, said):
    message = refused(path, save, "Conv", **attributes)
    assert said in message
    assert "(Conv)" in message


def test_three_dimensions_are_refused(path, save):
    message = refused(path, save, "Conv", shape=(2, 5, 5, 5), weight=(4, 2, 3, 3, 3))
    assert "one- and two-dimensional windows are supported" in message


def test_other_channel_counts_are_refused(path, save):
    assert "3 channels in 1 groups" in refused(path, save, "Conv", shape=(3, 6, 6))


def test_channels_last_is_refused(path, save):
    b = Builder(1)
    ends = Ends(b, np.random.default_rng(1), "uint8", (0.125, 0.25), (6, 6, 2))
    kernel = [b.array(b.weights((4, 2, 3, 3))), *b.quantizer(0.5, 0, np.int8)]
    inputs = [ends.bytes, *ends.data, *kernel, *ends.result]
    node = b.node("QLinearConv", inputs, domain="com.microsoft", channels_last=1)
    ends.save(save, path, b.dequantize(node, ends.result))
    with pytest.raises(InputError, match="channels_last is 1"):
        import_model(path)
