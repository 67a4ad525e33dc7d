"""Matrix products of several rows and products of bare integers, against onnxruntime."""

import numpy as np
import onnx
import pytest
from handmade.builder import Builder
from handmade.windows import Ends, scale
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

SHAPES = [(7,), (3, 7), (2, 3, 7)]
IMAGE, WIDTH, DEPTH = (2, 6, 6), 4, 7


class Product:
    """Data, and a weight whose scale is one an output or one for all."""

    def __init__(self, seed, shape, *, powers=True, dtype="uint8", image=False):
        self.b, random = Builder(seed), np.random.default_rng(seed)
        scales = (scale(random, powers, 0.01, 0.2), scale(random, powers, 0.2, 2))
        self.ends = Ends(self.b, random, dtype, scales, shape)
        self.kind = "int8" if dtype == "int8" else ["uint8", "int8"][seed % 2]
        self.offset = 120 if self.kind == "uint8" else 0
        size = (WIDTH, shape[0], 3, 3) if image else (DEPTH, WIDTH)
        self.weight = self.b.array(self.b.weights(size, self.offset, self.kind))
        self.zero = self.b.array(self.offset, self.kind)
        per_channel = seed % 3 > 0
        steps = np.array([scale(random, powers, 0.005, 0.05) for _ in range(WIDTH)], np.float32)
        self.scale = steps if per_channel else steps[0]
        self.zeros = self.b.array(np.full(np.shape(self.scale), self.offset), self.kind)
        self.random = random

    @property
    def factor(self):
        return (np.float32(self.ends.scales[0]) * self.scale).astype(np.float32)

    def exact(self, save, path, output, rank=None):
        self.ends.save(save, path, output, rank, 18)
        report = check_model(path, self.ends.samples(40))
        assert report.cause is Cause.NONE, str(report)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("powers", [True, False], ids=["powers", "any"])
def test_rows(path, save, shape, dtype, powers):
    for seed in range(4):
        p = Product(seed, shape, powers=powers, dtype=dtype)
        weight = p.b.dequantize(p.weight, [p.b.array(p.scale), p.zeros], axis=1)
        output = p.b.node("MatMul", [p.ends.real(), weight])
        if seed % 2 and powers:
            integers = p.b.array(p.random.integers(-900, 900, WIDTH), np.int32)
            none = p.b.array(np.zeros(np.shape(p.scale)), np.int32)
            bias = p.b.dequantize(integers, [p.b.array(p.factor), none], axis=0)
            output = p.b.node("Add", [output, bias])
        p.exact(save, path, p.b.both(output, p.ends.result))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_qlinear_matmul_of_rows(path, save, shape, dtype):
    for seed in range(4):
        p = Product(seed, shape, powers=False, dtype=dtype)
        weight = [p.weight, p.b.array(p.scale), p.zeros]
        inputs = [p.ends.bytes, *p.ends.data, *weight, *p.ends.result]
        p.exact(save, path, p.b.dequantize(p.b.node("QLinearMatMul", inputs), p.ends.result))


@pytest.mark.parametrize("op", ["MatMulInteger", "ConvInteger"])
@pytest.mark.parametrize("powers", [True, False], ids=["powers", "any"])
@pytest.mark.parametrize("after", ["", "Relu"])
def test_bare_integers(path, save, op, powers, after):
    for seed in range(6):
        image = op == "ConvInteger"
        p = Product(seed, IMAGE if image else SHAPES[seed % 3], powers=powers, image=image)
        attributes = {"pads": [1, 1, 1, 1]} if image else {}
        sums = p.b.node(op, [p.ends.bytes, p.weight, p.ends.data[1], p.zero], **attributes)
        along = (WIDTH, 1, 1) if image else (WIDTH,)
        factor = p.factor.reshape(along) if p.factor.ndim else p.factor
        output = p.b.node("Cast", [sums], to=TensorProto.FLOAT)
        output = p.b.node("Mul", [output, p.b.array(factor)])
        if powers:
            bias = (p.random.integers(-900, 900, WIDTH) * p.factor).astype(np.float32)
            output = p.b.node("Add", [output, p.b.array(bias.reshape(along))])
        output = p.b.node(after, [output]) if after else output
        p.exact(save, path, p.b.both(output, p.ends.result))
        bare = path.with_name("architecture.onnx")
        bare.write_bytes(strip_weights(path.read_bytes()))
        assert import_model(bare).graph == import_model(path).graph


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_integers_to_float(path, save, shape):
    for seed in range(4):
        p = Product(seed, shape, powers=False)
        inputs = [p.ends.bytes, p.weight, p.ends.data[0], p.b.array(p.scale), p.ends.data[1]]
        output = p.b.node("MatMulIntegerToFloat", [*inputs, p.zeros], domain="com.microsoft")
        p.exact(save, path, p.b.both(output, p.ends.result))


def tail(path, save, *nodes):
    """MatMulInteger and Cast, then these: (operator, constant)."""
    p = Product(0, (DEPTH,))
    sums = p.b.node("MatMulInteger", [p.ends.bytes, p.weight, p.ends.data[1], p.zero])
    output = p.b.node("Cast", [sums], to=TensorProto.FLOAT)
    for op, constant in nodes:
        output = p.b.node(op, [output, p.b.array(constant, np.float32)])
    p.ends.save(save, path, p.b.both(output, p.ends.result), opset=18)
    with pytest.raises(InputError) as error:
        import_model(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([("Mul", 0.1), ("Add", [0.2] * WIDTH)], "the sum is rounded"),
        ([("Mul", 0.125), ("Add", [0.2] * WIDTH)], "the sum is rounded"),
        ([("Mul", 0.125), ("Mul", 0.3)], "something other than a positive scale"),
        ([("Mul", -0.125)], "something other than a positive scale"),
        ([("Mul", [0.5, 0.25])], "meets a constant of shape [2]"),
    ],
)
def test_float_tails_that_no_integers_equal(path, save, nodes, said):
    assert said in tail(path, save, *nodes)


def test_dynamic_quantization_is_refused(path, save):
    weight = numpy_helper.from_array(np.ones((4, 3), np.int8), "w")
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"], name="dynamic"),
        helper.make_node("MatMulInteger", ["q", "w", "z"], ["y"]),
    ]
    ends = [("x", TensorProto.FLOAT, ["N", 4])], [("y", TensorProto.INT32, ["N", 3])]
    save(path, nodes, {"w": numpy_helper.to_array(weight)}, *ends)
    with pytest.raises(InputError, match=r"node 'dynamic' \(DynamicQuantizeLinear\).*batch") as e:
        import_model(path)
    assert "quantize_static" in str(e.value)


def test_batch_normalization_is_refused(path, save):
    b = Builder(0)
    ends = Ends(b, np.random.default_rng(0), "uint8", (0.125, 0.25), (3, 4, 4))
    terms = [b.array(np.full(3, v), np.float32) for v in (1, 0, 0, 1)]
    output = b.node("BatchNormalization", [ends.real(), *terms])
    ends.save(save, path, b.both(output, ends.result))
    with pytest.raises(InputError, match="fold it into the Conv or Gemm before it"):
        import_model(path)


@pytest.mark.parametrize("kind", [TensorProto.INT4, TensorProto.UINT4])
@pytest.mark.parametrize("op", ["Conv", "Gemm", "MatMul"])
@pytest.mark.parametrize("per_channel", [True, False])
def test_four_bit_weights(path, save, kind, op, per_channel):
    shape, size = (IMAGE, (WIDTH, 2, 3, 3)) if op == "Conv" else ((DEPTH,), (DEPTH, WIDTH))
    b, random = Builder(0), np.random.default_rng(0)
    ends = Ends(b, random, "uint8", (0.125, 0.5), shape)
    low, zero = (-8, 0) if kind == TensorProto.INT4 else (0, 8)
    scales = 2.0 ** random.integers(-4, 0, WIDTH) if per_channel else 0.25
    axis = 0 if op == "Conv" else 1
    weight = b.node("DequantizeLinear", ["w", b.array(scales, np.float32), "zw"], axis=axis)
    ends.save(save, path, b.both(b.node(op, [ends.real(), weight]), ends.result), opset=21)
    model = onnx.load(str(path))
    values = random.integers(low, low + 16, size).ravel().tolist()
    zeros = [zero] * (WIDTH if per_channel else 1)
    zero_shape = [WIDTH] if per_channel else []
    model.graph.initializer.append(helper.make_tensor("w", kind, size, values))
    model.graph.initializer.append(helper.make_tensor("zw", kind, zero_shape, zeros))
    onnx.save(model, str(path))
    report = check_model(path, ends.samples(60))
    assert report.cause is Cause.NONE, str(report)
    bare = path.with_name("architecture.onnx")
    bare.write_bytes(strip_weights(path.read_bytes()))
    assert import_model(bare).graph == import_model(path).graph
