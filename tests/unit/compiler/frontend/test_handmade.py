"""Small models made by hand, at scales where ties and near-ties are common."""

from fractions import Fraction

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause
from zkpot.compiler.interpret import interpret, quantize

TIES = {"x": 0.1, "w": 0.02, "h": 0.032, "v": 0.05, "y": 0.04}
POWERS = {"x": 0.125, "w": 0.0625, "h": 0.25, "v": 0.03125, "y": 0.5}
TYPES = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8, "float32": TensorProto.FLOAT}
INPUTS, HIDDEN, CLASSES = 12, 9, 5


class Builder:
    """Nodes and initializers of one model; every method gives the name of what it adds."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.arrays = [], {}

    def node(self, op, inputs, domain="", **attributes):
        output = f"t{len(self.nodes)}"
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(op, inputs, [output], name=name, domain=domain, **attributes)
        )
        return output

    def array(self, value, dtype=None):
        name = f"c{len(self.arrays)}"
        self.arrays[name] = np.asarray(value, dtype)
        return name

    def quantizer(self, scale, zero, dtype):
        return [self.array(scale, np.float32), self.array(zero, dtype)]

    def quantize(self, tensor, quantizer):
        return self.node("QuantizeLinear", [tensor, *quantizer])

    def dequantize(self, tensor, quantizer, **attributes):
        return self.node("DequantizeLinear", [tensor, *quantizer], **attributes)

    def both(self, tensor, quantizer):
        return self.dequantize(self.quantize(tensor, quantizer), quantizer)

    def weights(self, shape, zero=0, dtype="int8"):
        return (self.random.integers(-60, 60, shape) + zero).astype(dtype)

    def weight(self, shape, scale, zero=0, dtype="int8", axis=1):
        array = self.array(self.weights(shape, zero, dtype))
        return self.dequantize(array, self.quantizer(scale, zero, dtype), axis=axis)

    def bias(self, size, scale):
        array = self.array(self.random.integers(-900, 900, size), np.int32)
        zero = np.zeros(np.shape(scale), np.int32)
        return self.dequantize(array, self.quantizer(scale, zero, np.int32), axis=0)

    def save(self, save, path, output, dtype="float32", taken="float32", opset=17, shape=None):
        shape = ["N", INPUTS] if shape is None else shape
        return save(
            path,
            self.nodes,
            self.arrays,
            [("x", TYPES[taken], shape)],
            [(output, TYPES[dtype], ["N", "M"])],
            opset,
        )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


def data(scale, count=400, seed=1):
    """Floats over more than the range of 8 bits, many of them ties."""
    random = np.random.default_rng(seed)
    steps = random.integers(-300, 300, (count, INPUTS)) / 2
    return (steps * np.float32(scale)).astype(np.float32)


def assert_exact(path, x, lowered):
    before, after = lowered(path, x)
    assert np.array_equal(before, after)
    report = check_model(path, x)
    assert report.cause is Cause.NONE, str(report)
    return import_model(path).graph


def middle(dtype, odd):
    return (128 if dtype == "uint8" else 0) + odd


def gemm_chain(scales, dtype, zeros, between=(), kind="Gemm", last=True):
    """x -> Q -> DQ -> dense -> ``between`` -> Q -> DQ -> dense [-> Q -> DQ]."""
    b = Builder()
    current = b.both("x", b.quantizer(scales["x"], zeros[0], dtype))
    for i, (size, weight, out) in enumerate(
        (((INPUTS, HIDDEN), "w", "h"), ((HIDDEN, CLASSES), "v", "y"))
    ):
        scale = np.float32(scales["xh"[i]]) * np.float32(scales[weight])
        terms = [current, b.weight(size, scales[weight])]
        if kind == "Gemm":
            current = b.node("Gemm", [*terms, b.bias(size[1], scale)])
        elif kind == "MatMul+Add":
            current = b.node("Add", [b.bias(size[1], scale), b.node("MatMul", terms)])
        else:
            current = b.node("MatMul", terms)
        if i == 0:
            for op, *bounds in between:
                more = [b.array(v, np.float32) for v in bounds]
                current = b.node(op, [current, *more])
        if i == 0 or last:
            current = b.both(current, b.quantizer(scales[out], zeros[i + 1], dtype))
    return b, current


KINDS = ("Gemm", "MatMul", "MatMul+Add")


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last", [True, False], ids=["quantized", "accumulators"])
def test_dense_layers_at_ties(path, save, lowered, kind, dtype, odd, last):
    zeros = [middle(dtype, odd)] * 3
    builder, output = gemm_chain(TIES, dtype, zeros, kind=kind, last=last)
    assert_exact(builder.save(save, path, output), data(TIES["x"]), lowered)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "between",
    [
        [("Relu",)],
        [("Clip", 0, 100)],
        [("Relu",), ("Clip", -1, 9)],
        [("Clip", 0, float(np.float32(0.032) * np.float32(255)))],
    ],
    ids=str,
)
def test_what_the_quantizer_covers_is_dropped(path, save, lowered, kind, dtype, between):
    lowest = np.iinfo(dtype).min
    zeros = [middle(dtype, 1), lowest, middle(dtype, 0)]
    builder, output = gemm_chain(TIES, dtype, zeros, between, kind)
    graph = assert_exact(builder.save(save, path, output), data(TIES["x"]), lowered)
    assert all(node.attrs["fused"] for node in graph.nodes if node.op == "requantize")


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("between", [[("Relu",)], [("Clip", -2, 6)]], ids=str)
def test_what_stays_is_exact_at_powers_of_two(path, save, lowered, kind, dtype, odd, between):
    zeros = [middle(dtype, odd)] * 3
    builder, output = gemm_chain(POWERS, dtype, zeros, between, kind)
    graph = assert_exact(builder.save(save, path, output), data(POWERS["x"]), lowered)
    first = next(node for node in graph.nodes if node.op == "requantize")
    assert not first.attrs["fused"]
    low, high = between[0][1:] or (0, 1e9)
    assert first.attrs["lo"] == max(low / POWERS["h"], np.iinfo(dtype).min - zeros[1])
    assert first.attrs["hi"] == min(high / POWERS["h"], np.iinfo(dtype).max - zeros[1])


def test_what_stays_is_named_where_rounding_depends_on_the_machine(path, save):
    scales = {**TIES, "h": 0.04}
    builder, output = gemm_chain(scales, "uint8", [128, 100, 128], [("Clip", 0, 4)])
    report = check_model(builder.save(save, path, output), data(0.1, 6000))
    assert report.cause is Cause.FLOAT_KERNEL and not report.ok
    quantizers = [n.name for n in builder.nodes if n.op_type == "QuantizeLinear"]
    assert report.default.first.node == quantizers[1]
    assert report.default.first.node in str(report)


@pytest.mark.parametrize("kind", KINDS)
def test_int8_logits_without_an_integer_kernel_are_named(path, save, kind):
    builder, _ = gemm_chain({**TIES, "y": 0.064}, "int8", [1, 2, 3], kind=kind)
    builder.nodes.pop()
    logits = builder.nodes[-1].output[0]
    report = check_model(builder.save(save, path, logits, dtype="int8"), data(0.1, 9000))
    assert report.cause is Cause.FLOAT_KERNEL and not report.ok, str(report)
    assert report.default.first.node == builder.nodes[-1].name
    assert report.default.first.mismatches == report.default.mismatches


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("act", [None, "Relu"])
@pytest.mark.parametrize("constant", [True, False], ids=["constant", "residual"])
def test_sums_at_powers_of_two(path, save, lowered, dtype, odd, act, constant):
    zero = middle(dtype, odd)
    b = Builder()
    x = b.both("x", b.quantizer(0.125, zero, dtype))
    h = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), 0.0625)])
    h = b.both(h, b.quantizer(0.25, zero, dtype))
    if constant:
        row = b.array(b.random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, CLASSES), dtype)
        other = b.dequantize(row, b.quantizer(0.125, zero + 2, dtype))
    else:
        other = b.node("MatMul", [h, b.weight((CLASSES, CLASSES), 0.03125)])
        other = b.both(other, b.quantizer(0.5, zero + 2, dtype))
    total = b.node("Add", [h, other])
    total = total if act is None else b.node(act, [total])
    output = b.both(total, b.quantizer(0.5, zero, dtype))
    assert_exact(b.save(save, path, output), data(0.125, 2000), lowered)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("zero", [0, 3, 100])
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_models_that_take_integers(path, save, lowered, dtype, zero, form):
    b = Builder()
    scales = POWERS if (form, dtype) == ("QDQ", "int8") else TIES
    quantizer = b.quantizer(scales["x"], zero, dtype)
    out = b.quantizer(scales["y"], middle(dtype, 1), dtype)
    if form == "QDQ":
        terms = [b.dequantize("x", quantizer), b.weight((INPUTS, CLASSES), scales["w"])]
        output = b.both(b.node("MatMul", terms), out)
    else:
        weight = [b.array(b.weights((INPUTS, CLASSES))), *b.quantizer(0.02, 0, "int8")]
        output = b.dequantize(b.node("QLinearMatMul", ["x", *quantizer, *weight, *out]), out)
    b.save(save, path, output, taken=dtype)
    limits = np.iinfo(dtype)
    x = np.random.default_rng(0).integers(limits.min, limits.max + 1, (500, INPUTS))
    graph = assert_exact(path, x, lowered)
    assert (graph.quantization.scale, graph.quantization.zero_point) == (None, zero)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_logits_with_a_scale_a_channel(path, save, lowered, kind, dtype):
    scales = np.array([0.02, 0.03, 0.05, 0.07, 0.011], np.float32)
    b = Builder()
    x = b.both("x", b.quantizer(0.1, middle(dtype, 1), dtype))
    terms = [x, b.weight((INPUTS, CLASSES), scales, np.zeros(CLASSES, np.int8))]
    bias = b.bias(CLASSES, np.float32(0.1) * scales)
    if kind == "Gemm":
        output = b.node("Gemm", [*terms, bias])
    else:
        output = b.node("MatMul", terms)
        output = b.node("Add", [output, bias]) if kind == "MatMul+Add" else output
    graph = assert_exact(b.save(save, path, output), data(0.1), lowered)
    assert graph.nodes[-1].op == "scale"
    factors = graph.nodes[-1].attrs["factor"]
    exact = [Fraction(float(s)) for s in np.float32(0.1) * scales]
    assert [Fraction(f, factors[0]) for f in factors] == [e / exact[0] for e in exact]


def test_logits_of_qgemm_without_an_output_scale(path, save, lowered):
    scales = np.array([0.02, 0.03, 0.05, 0.07, 0.011], np.float32)
    b = Builder()
    quantizer = b.quantizer(0.1, 3, "uint8")
    weight = [b.array(b.weights((CLASSES, INPUTS))), *b.quantizer(scales, [0] * CLASSES, "int8")]
    bias = b.array(b.random.integers(-900, 900, CLASSES), np.int32)
    inputs = [b.quantize("x", quantizer), *quantizer, *weight, bias]
    output = b.node("QGemm", inputs, domain="com.microsoft", transA=0, transB=1, alpha=1.0)
    assert_exact(b.save(save, path, output), data(0.1), lowered)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("form", ["Gemm", "MatMul", "QLinearMatMul", "QGemm"])
def test_weight_zero_points(path, save, lowered, dtype, per_channel, form):
    lowest = 128 if dtype == "uint8" else 0
    zero, scale = lowest + 3, 0.02
    if per_channel:
        zero, scale = lowest + np.arange(CLASSES) - 2, 0.01 * np.arange(1, CLASSES + 1)
    b = Builder()
    quantizer = b.quantizer(0.1, 131, "uint8")
    out = b.quantizer(0.04, 127, "uint8")
    raw = (b.random.integers(-50, 50, (INPUTS, CLASSES)) + zero).astype(dtype)
    if form in ("Gemm", "MatMul"):
        trans = form == "Gemm"
        array = b.array(np.ascontiguousarray(raw.T) if trans else raw)
        weight = b.dequantize(array, b.quantizer(scale, zero, dtype), axis=0 if trans else 1)
        attributes = {"transB": 1} if trans else {}
        dense = b.node(form, [b.both("x", quantizer), weight], **attributes)
        output = b.both(dense, out)
    else:
        trans = form == "QGemm"
        array = b.array(np.ascontiguousarray(raw.T) if trans else raw)
        inputs = [b.quantize("x", quantizer), *quantizer, array, *b.quantizer(scale, zero, dtype)]
        attributes = {"domain": "com.microsoft", "transB": 1} if trans else {}
        inputs += ["", *out] if trans else out
        output = b.dequantize(b.node(form, inputs, **attributes), out)
    assert_exact(b.save(save, path, output), data(0.1), lowered)


def test_operators_that_move_nothing(path, save, lowered):
    b = Builder()
    quantizer = b.quantizer(0.1, 131, "uint8")
    x = b.node("Squeeze", ["x", b.array([2, 3], np.int64)])
    x = b.node("Identity", [b.node("Dropout", [x])])
    x = b.node("Unsqueeze", [b.both(x, quantizer), b.array([1], np.int64)])
    x = b.both(b.node("Flatten", [x]), quantizer)
    dense = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), 0.02)])
    output = b.both(
        b.node("Reshape", [dense, b.array([0, -1], np.int64)]), b.quantizer(0.04, 128, "uint8")
    )
    b.save(save, path, output, shape=["N", INPUTS, 1, 1])
    assert_exact(path, data(0.1).reshape(-1, INPUTS, 1, 1), lowered)


def test_clip_of_old_operator_sets_has_attributes(path, save, lowered):
    b = Builder()
    x = b.both("x", b.quantizer(0.125, 128, "uint8"))
    dense = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), 0.0625)])
    clipped = b.node("Clip", [dense], min=-1.0, max=3.0)
    output = b.both(clipped, b.quantizer(0.25, 100, "uint8"))
    for node in b.nodes:
        if node.op_type == "DequantizeLinear":
            del node.attribute[:]
    graph = assert_exact(b.save(save, path, output, opset=10), data(0.125), lowered)
    assert (graph.nodes[-1].attrs["lo"], graph.nodes[-1].attrs["hi"]) == (-4, 12)


@pytest.mark.parametrize("head", [None, "Softmax", "ArgMax"])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_logits_may_stay_quantized(path, save, lowered, head, dtype):
    b = Builder()
    scales = POWERS if dtype == "int8" else TIES
    x = b.both("x", b.quantizer(scales["x"], middle(dtype, 0), dtype))
    dense = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), scales["w"])])
    quantizer = b.quantizer(0.5, middle(dtype, 1), dtype)
    output = b.quantize(dense, quantizer)
    if head == "ArgMax":
        output = b.node("ArgMax", [output], axis=-1)
    elif head is not None:
        output = b.node(head, [b.dequantize(output, quantizer)])
    b.save(save, path, output, dtype=dtype)
    model = onnx.load(str(path))
    if head is not None:
        kind = TensorProto.INT64 if head == "ArgMax" else TensorProto.FLOAT
        model.graph.output[0].type.tensor_type.elem_type = kind
        onnx.save(model, str(path))
    assert_exact(path, data(scales["x"], 3000), lowered)


def test_a_square_weight_with_a_scale_an_input_is_refused(path, save):
    b = Builder()
    x = b.both("x", b.quantizer(0.1, 128, "uint8"))
    scales, zeros = 0.01 * np.arange(1, INPUTS + 1), np.zeros(INPUTS, np.int8)
    weight = b.weight((INPUTS, INPUTS), scales, zeros, axis=0)
    output = b.both(b.node("MatMul", [x, weight]), b.quantizer(0.04, 128, "uint8"))
    with pytest.raises(Exception, match=r"matmul\d+'.*scales are not one an output"):
        import_model(b.save(save, path, output))


def test_the_interpreter_agrees_with_plain_arithmetic(path, save):
    """One layer by exact fractions, independent of float32 and of onnxruntime."""
    builder, output = gemm_chain(POWERS, "uint8", [128, 0, 128], [("Relu",)])
    model = import_model(builder.save(save, path, output))
    x = quantize(data(0.125), model.graph.quantization)
    values = interpret(model.graph, x, model.values)
    dense, requantized = model.graph.nodes[:2]
    weight, bias = (model.values[i] for i in dense.inputs[1:])
    sums = x.astype(object) @ weight.astype(object) + bias.astype(object)
    wanted = [[min(max(round(Fraction(int(v), 32)), 0), 255) for v in row] for row in sums]
    assert np.array_equal(values[requantized.output.name], np.array(wanted))
